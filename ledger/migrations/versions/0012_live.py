"""The live feed reads attempts by their numbers; what was asked for again together is watched together.

Revision ID: 0012
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

UP = (
    "CREATE INDEX attempts_number ON attempts (app_id, attempt_id)",
    """
CREATE TABLE replays (
    app_id text NOT NULL REFERENCES apps,
    replay_id bigint GENERATED ALWAYS AS IDENTITY,
    actor text NOT NULL,
    asked_at timestamptz NOT NULL,
    delivery_ids bigint[] NOT NULL,               -- those that were made due again
    refused jsonb NOT NULL,                       -- [{delivery_id, reason}]
    PRIMARY KEY (app_id, replay_id)
)""",
)
DOWN = ("DROP TABLE replays", "DROP INDEX attempts_number")


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
