"""Visits are counted by creative, too: of those in visit_counts, how many had which. Earlier ones stay without.

A table of its own, as the workers of the version before add to visit_counts by its key, and read it as the whole.

Revision ID: 0020
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE creative_visits (
    begins_at timestamptz NOT NULL,
    link text NOT NULL,
    platform text NOT NULL,
    kind text NOT NULL,
    campaign_id text NOT NULL,
    adgroup_id text NOT NULL,
    ad_id text NOT NULL,
    creative_id text NOT NULL,
    visits bigint NOT NULL,
    PRIMARY KEY (link, begins_at, platform, kind, campaign_id, adgroup_id, ad_id, creative_id)
)
"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE creative_visits")
