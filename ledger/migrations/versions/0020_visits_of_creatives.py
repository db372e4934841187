"""Visits are counted by creative, too. What was counted before stays without one.

Revision ID: 0020
"""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

UP = """
ALTER TABLE visit_counts
    ADD COLUMN creative_id text NOT NULL DEFAULT '',
    DROP CONSTRAINT visit_counts_pkey,
    ADD PRIMARY KEY (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, creative_id)
"""
DOWN = (
    """CREATE TEMPORARY TABLE counted ON COMMIT DROP AS
    SELECT begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id, sum(visits)::bigint AS visits
    FROM visit_counts GROUP BY 1, 2, 3, 4, 5, 6, 7""",
    "TRUNCATE visit_counts",
    """ALTER TABLE visit_counts
    DROP CONSTRAINT visit_counts_pkey,
    DROP COLUMN creative_id,
    ADD PRIMARY KEY (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id)""",
    "INSERT INTO visit_counts SELECT * FROM counted",
)


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
