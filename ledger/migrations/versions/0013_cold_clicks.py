"""Clicks that Redis no longer keeps: as they came, and in pages of a day, which go with their partition.

Revision ID: 0013
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UP = (
    """
CREATE TABLE cold_clicks (
    app_id text NOT NULL,                         -- '' = its ad is lost, so nobody knows
    day date NOT NULL,                            -- of the click, UTC
    key bytea NOT NULL,                           -- clicks.cold: hash of the address, time, random bits
    record bytea NOT NULL,
    enrichment bytea,                             -- what its bridge page told
    PRIMARY KEY (app_id, day, key)
)""",
    """
CREATE TABLE cold_click_pages (
    app_id text NOT NULL,
    day date NOT NULL,
    first_key bytea NOT NULL,
    last_key bytea NOT NULL,
    clicks smallint NOT NULL,                     -- members: pointers count, too
    page bytea NOT NULL,                          -- clicks.cold_page
    PRIMARY KEY (app_id, day, first_key)
) PARTITION BY RANGE (day)""",
    # it is compressed already: trying it again costs time and gains nothing
    "ALTER TABLE cold_click_pages ALTER COLUMN page SET STORAGE EXTERNAL",
)
DOWN = ("DROP TABLE cold_click_pages", "DROP TABLE cold_clicks")


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
