"""How far the roll-ups of an app have been built that are built anew.

Revision ID: 0018
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE report_zones
    ADD COLUMN building text NOT NULL DEFAULT '',  -- zone and rules by which they are; '' = they are not
    ADD COLUMN built_before date                   -- what is before this day stands already; NULL = nothing
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    # what is half built is built from the beginning
    op.execute("ALTER TABLE report_zones DROP COLUMN building, DROP COLUMN built_before")
