"""The audit log."""

from alembic import op

revision = "0008"
down_revision = "0007"

UP = """
CREATE TABLE audit_log (
    app_id text NOT NULL,
    audit_id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    act text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb,
    PRIMARY KEY (app_id, audit_id)
)
"""


def upgrade() -> None:
    op.execute(UP)
