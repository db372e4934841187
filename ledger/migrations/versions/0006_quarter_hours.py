"""Visits are counted by the quarter of an hour: some time zones' hours do not begin with one of UTC.

What was counted by the hour stays as it is: as that hour's first quarter.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE visit_counts RENAME COLUMN hour TO begins_at")


def downgrade() -> None:
    op.execute("ALTER TABLE visit_counts RENAME COLUMN begins_at TO hour")
