"""What a ledger in partitions needs besides, so that the same statements serve both lay-outs (decision 14).

Nothing is filled here: `signalpost ledger partition` does that where somebody wants partitions.

Revision ID: 0016
"""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

UP = (
    # Which events are there already, where the events themselves lie in partitions; empty where they do not.
    """
CREATE TABLE event_ids (
    app_id text NOT NULL,
    event_id text NOT NULL,
    event_key bigint NOT NULL,
    PRIMARY KEY (app_id, event_id)
)""",
    # of the delivery's event: what a partition is chosen by. NULL = written before this revision
    "ALTER TABLE attempts ADD COLUMN event_key bigint",
)
DOWN = ("ALTER TABLE attempts DROP COLUMN event_key", "DROP TABLE event_ids")


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
