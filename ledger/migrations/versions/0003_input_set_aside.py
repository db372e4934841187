"""What apps sent that was read as absent.

Revision ID: 0003
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE input_set_aside (
            app_id text NOT NULL REFERENCES apps,
            day date NOT NULL,                            -- UTC
            field text NOT NULL,
            reason text NOT NULL,
            times bigint NOT NULL,
            PRIMARY KEY (app_id, day, field, reason)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE input_set_aside")
