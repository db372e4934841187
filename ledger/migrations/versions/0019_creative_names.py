"""Creatives have names, too.

Revision ID: 0019
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# NOT VALID: what stands there passed the narrower check, and need not be read again under the lock
UP = """
ALTER TABLE ad_names
    DROP CONSTRAINT ad_names_kind_check,
    ADD CONSTRAINT ad_names_kind_check CHECK (kind IN ('campaign', 'adgroup', 'ad', 'creative')) NOT VALID
"""
DOWN = """
ALTER TABLE ad_names
    DROP CONSTRAINT ad_names_kind_check,
    ADD CONSTRAINT ad_names_kind_check CHECK (kind IN ('campaign', 'adgroup', 'ad'))
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DELETE FROM ad_names WHERE kind = 'creative'")
    op.execute(DOWN)
