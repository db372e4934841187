"""Roll-ups without ad groups, ads and creatives: a report by day, campaign, platform or link reads a tenth of the rows.

Nothing is filled here: the counting has a new version (`ledger/report_facts.py`), so that a worker builds all roll-ups
anew, and until it has a report reads the raw rows.

Revision ID: 0014
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

# as in 0010; '' where nothing says which
OF_CAMPAIGNS = "campaign_id text NOT NULL, platform text NOT NULL, link text NOT NULL"
OF_MONEY = "source text NOT NULL, currency text NOT NULL"
COUNTS = """
    link_clicks bigint NOT NULL DEFAULT 0, visits bigint NOT NULL DEFAULT 0, installs bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0, sales bigint NOT NULL DEFAULT 0, trials bigint NOT NULL DEFAULT 0,
    registrations bigint NOT NULL DEFAULT 0"""
MONEY = """
    revenue numeric NOT NULL DEFAULT 0, proceeds numeric NOT NULL DEFAULT 0, proceeds_of numeric NOT NULL DEFAULT 0,
    refunds numeric NOT NULL DEFAULT 0"""
KEY = "campaign_id, platform, link, source, currency"

UP = (
    f"""
CREATE TABLE report_campaign_days (
    app_id text NOT NULL,
    day date NOT NULL, {OF_CAMPAIGNS}, {OF_MONEY}, {COUNTS}, {MONEY},
    PRIMARY KEY (app_id, day, {KEY})
)""",
    f"""
CREATE TABLE report_campaign_hours (
    app_id text NOT NULL,
    day date NOT NULL,
    hour text NOT NULL,                           -- RFC 3339 with the offset in force
    {OF_CAMPAIGNS}, {OF_MONEY}, {COUNTS}, {MONEY},
    PRIMARY KEY (app_id, day, hour, {KEY})
)""",
    f"""
CREATE TABLE report_campaign_cohorts (
    app_id text NOT NULL,
    day date NOT NULL,
    age integer NOT NULL, {OF_CAMPAIGNS}, {OF_MONEY},
    installs bigint NOT NULL DEFAULT 0, {MONEY},
    PRIMARY KEY (app_id, day, age, {KEY})
)""",
    # How installs of some days were matched is read of the index alone: the rows are wide, and spread over the table.
    "DROP INDEX installs_app_occurred",
    """
CREATE INDEX installs_app_occurred ON installs (app_id, occurred_at) INCLUDE (match_method, match_probability)""",
)
BACK = (
    "DROP INDEX installs_app_occurred",
    "CREATE INDEX installs_app_occurred ON installs (app_id, occurred_at)",
    "DROP TABLE report_campaign_cohorts",
    "DROP TABLE report_campaign_hours",
    "DROP TABLE report_campaign_days",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in BACK:
        op.execute(statement)
