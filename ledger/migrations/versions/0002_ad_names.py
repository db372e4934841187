"""What campaigns, ad groups and ads are called, as clicks said.

Revision ID: 0002
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE ad_names (
            kind text NOT NULL CHECK (kind IN ('campaign', 'adgroup', 'ad')),
            id text NOT NULL,
            name text NOT NULL,
            seen_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (kind, id)
        )
        """
    )


def downgrade() -> None:
    op.execute("DROP TABLE ad_names")
