"""Roll-ups for reports: what is counted is written down with what it counts, and a worker adds it up by local day.

Nothing is filled here: an app without a row of `report_zones` is counted from its raw rows until a worker has built its
roll-ups.

Revision ID: 0010
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# What a figure is of; '' where nothing says which. Money alone has a source and a currency.
OF_ADS = """
    campaign_id text NOT NULL, adgroup_id text NOT NULL, ad_id text NOT NULL, creative_id text NOT NULL,
    platform text NOT NULL, link text NOT NULL"""
OF_MONEY = "source text NOT NULL, currency text NOT NULL"
# proceeds_of: the part of the revenue whose proceeds are known
MONEY = """
    revenue numeric NOT NULL DEFAULT 0, proceeds numeric NOT NULL DEFAULT 0, proceeds_of numeric NOT NULL DEFAULT 0,
    refunds numeric NOT NULL DEFAULT 0"""
COUNTS = """
    link_clicks bigint NOT NULL DEFAULT 0, visits bigint NOT NULL DEFAULT 0, installs bigint NOT NULL DEFAULT 0,
    events bigint NOT NULL DEFAULT 0, sales bigint NOT NULL DEFAULT 0, trials bigint NOT NULL DEFAULT 0,
    registrations bigint NOT NULL DEFAULT 0"""
KEY = "campaign_id, adgroup_id, ad_id, creative_id, platform, link"

# quarter: of an hour of UTC. installed_quarter: that of the install which an event is of; NULL for visits.
_FACTS = f"""
    quarter timestamptz NOT NULL, installed_quarter timestamptz, {OF_ADS}, country text NOT NULL, {OF_MONEY},
    {COUNTS}, {MONEY}"""

UP = (
    # Written in the transaction of what it counts, taken out by the worker that adds it up. No row is ever changed. No
    # table refers to apps: the rows these are made of do, and a look at the app for each delta is a third of its cost.
    f"""
CREATE TABLE report_deltas (
    app_id text NOT NULL,
    delta_id bigint GENERATED ALWAYS AS IDENTITY, {_FACTS},
    PRIMARY KEY (app_id, delta_id)
)""",
    # What raw rows said that retention has deleted: with the rows that are there it is all that was ever counted.
    f"""
CREATE TABLE report_archive (
    app_id text NOT NULL,
    archive_id bigint GENERATED ALWAYS AS IDENTITY, {_FACTS},
    PRIMARY KEY (app_id, archive_id)
)""",
    "CREATE INDEX report_archive_quarter ON report_archive (app_id, quarter)",
    # In which zone's days the roll-ups of an app stand, and by which rules they were built.
    """
CREATE TABLE report_zones (
    app_id text PRIMARY KEY REFERENCES apps,
    zone text NOT NULL,
    rules text NOT NULL,                          -- release of tzdata and version of the counting
    built_at timestamptz NOT NULL
)""",
    f"""
CREATE TABLE report_days (
    app_id text NOT NULL,
    day date NOT NULL, {OF_ADS}, {OF_MONEY}, {COUNTS}, {MONEY},
    PRIMARY KEY (app_id, day, {KEY}, source, currency)
)""",
    f"""
CREATE TABLE report_country_days (
    app_id text NOT NULL,
    day date NOT NULL, {OF_ADS}, country text NOT NULL, {OF_MONEY}, {COUNTS}, {MONEY},
    PRIMARY KEY (app_id, day, {KEY}, country, source, currency)
)""",
    f"""
CREATE TABLE report_hours (
    app_id text NOT NULL,
    day date NOT NULL,
    hour text NOT NULL,                           -- RFC 3339 with the offset in force
    {OF_ADS}, {OF_MONEY}, {COUNTS}, {MONEY},
    PRIMARY KEY (app_id, day, hour, {KEY}, source, currency)
)""",
    # What the installs of a local day brought by the local day of their age; 29 stands for every later one.
    f"""
CREATE TABLE report_cohorts (
    app_id text NOT NULL,
    day date NOT NULL,
    age integer NOT NULL, {OF_ADS}, {OF_MONEY},
    installs bigint NOT NULL DEFAULT 0, {MONEY},
    PRIMARY KEY (app_id, day, age, {KEY}, source, currency)
)""",
)
TABLES = (
    "report_cohorts", "report_hours", "report_country_days", "report_days", "report_zones", "report_archive",
    "report_deltas",
)  # fmt: skip


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
