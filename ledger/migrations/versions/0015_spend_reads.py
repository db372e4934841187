"""Reads of spend that somebody asked for: how far each is, for every console process, and to be taken up after a stop.

Revision ID: 0015
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

UP = """
CREATE TABLE spend_reads (                        -- the last one of each app
    app_id text PRIMARY KEY REFERENCES apps,
    actor text NOT NULL,
    asked_at timestamptz NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL,
    days_done integer NOT NULL DEFAULT 0,         -- from the last day backwards
    runner text,                                  -- whoever is at it; NULL = nobody
    seen_at timestamptz,                          -- when the runner was last heard of
    ended_at timestamptz,                         -- NULL = it goes on, or waits for a runner
    problem text NOT NULL DEFAULT '',             -- why it did not come to its end
    pulled_rows bigint NOT NULL DEFAULT 0,
    changed_rows bigint NOT NULL DEFAULT 0
)"""


def upgrade() -> None:
    op.execute(UP)


def downgrade() -> None:
    op.execute("DROP TABLE spend_reads")
