"""The TikTok account side: what an app is connected to, what its advertisers run, and what that costs.

Rows of an app begin with app_id, rows of an advertiser (one may serve several apps) with advertiser_id.
"""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UP = (
    # One grant per app. Losing it leaves the pixels' own tokens alone.
    """
CREATE TABLE tiktok_grants (
    app_id text PRIMARY KEY REFERENCES apps,
    access_token_encrypted bytea NOT NULL,
    refresh_token_encrypted bytea,                -- NULL: TikTok gave none, as it does for advertisers
    expires_at timestamptz,                       -- NULL: TikTok named no end
    scopes text[] NOT NULL DEFAULT '{}',          -- TikTok's numeric ids as text: some are beyond 2^53
    state text NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'broken')),
    reason text NOT NULL DEFAULT '',              -- why it is broken, in TikTok's words
    connected_at timestamptz NOT NULL,
    checked_at timestamptz NOT NULL,              -- last probe or use that told something
    probe_at timestamptz NOT NULL                 -- when it is asked after next
)""",
    # An OAuth state is good once: its nonce is written down before the code is exchanged.
    """
CREATE TABLE oauth_states (
    app_id text NOT NULL REFERENCES apps,
    nonce text NOT NULL,
    used_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, nonce)
)""",
    # Advertisers that an app's grant showed. They stay when the grant goes: history needs their zone and currency.
    """
CREATE TABLE advertisers (
    app_id text NOT NULL REFERENCES apps,
    advertiser_id text NOT NULL,
    name text NOT NULL DEFAULT '',
    currency text NOT NULL DEFAULT '',
    timezone text NOT NULL DEFAULT '',            -- display_timezone: Europe/London
    status text NOT NULL DEFAULT '',              -- TikTok's: STATUS_ENABLE
    role text NOT NULL DEFAULT '',                -- ADMIN, OPERATOR, ANALYST; '' = not known
    opened_at timestamptz,                        -- when TikTok made the account: no spend is older
    selected boolean NOT NULL DEFAULT false,
    selected_at timestamptz,                      -- first chosen: its spend stays the app's
    state text NOT NULL DEFAULT 'ok' CHECK (state IN ('ok', 'missing', 'refused')),
    reason text NOT NULL DEFAULT '',
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, advertiser_id)
)""",
    "CREATE UNIQUE INDEX advertisers_selected ON advertisers (app_id) WHERE selected",
    """
CREATE TABLE advertiser_pixels (
    app_id text NOT NULL,
    advertiser_id text NOT NULL,
    pixel_code text NOT NULL,                     -- what events are sent to
    pixel_number text NOT NULL DEFAULT '',        -- TikTok's pixel_id, which ad groups name
    name text NOT NULL DEFAULT '',
    relation text NOT NULL DEFAULT '',            -- asset_relation_status: SHARED, TRANSFERRED, UNBOUND
    optimization_events text[] NOT NULL DEFAULT '{}',
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, advertiser_id, pixel_code),
    FOREIGN KEY (app_id, advertiser_id) REFERENCES advertisers ON DELETE CASCADE
)""",
    # Campaigns, ad groups and ads as TikTok last described them; deleted ones are kept.
    """
CREATE TABLE campaigns (
    advertiser_id text NOT NULL,
    campaign_id text NOT NULL,
    name text NOT NULL DEFAULT '',
    objective text NOT NULL DEFAULT '',           -- objective_type
    automation text NOT NULL DEFAULT '',          -- MANUAL, SMART_PLUS, UPGRADED_SMART_PLUS
    operation_status text NOT NULL DEFAULT '',
    secondary_status text NOT NULL DEFAULT '',
    body jsonb NOT NULL DEFAULT '{}',             -- what else TikTok said that a check reads
    modified_at timestamptz,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (advertiser_id, campaign_id)
)""",
    """
CREATE TABLE adgroups (
    advertiser_id text NOT NULL,
    adgroup_id text NOT NULL,
    campaign_id text NOT NULL,
    name text NOT NULL DEFAULT '',
    optimization_goal text NOT NULL DEFAULT '',
    optimization_event text NOT NULL DEFAULT '',
    pixel_number text NOT NULL DEFAULT '',
    operating_systems text[] NOT NULL DEFAULT '{}',  -- {} = both
    placements text[] NOT NULL DEFAULT '{}',         -- {} = TikTok chooses
    operation_status text NOT NULL DEFAULT '',
    secondary_status text NOT NULL DEFAULT '',
    body jsonb NOT NULL DEFAULT '{}',
    modified_at timestamptz,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (advertiser_id, adgroup_id)
)""",
    """
CREATE TABLE ads (
    advertiser_id text NOT NULL,
    ad_id text NOT NULL,                          -- ad_id_v2: of Upgraded Smart+ the ad, never a creative
    adgroup_id text NOT NULL DEFAULT '',
    campaign_id text NOT NULL DEFAULT '',
    name text NOT NULL DEFAULT '',
    landing_urls text[] NOT NULL DEFAULT '{}',
    link text NOT NULL DEFAULT '',                -- slug of the Signal link that the landing URL is; '' = none
    operation_status text NOT NULL DEFAULT '',
    secondary_status text NOT NULL DEFAULT '',
    body jsonb NOT NULL DEFAULT '{}',
    modified_at timestamptz,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (advertiser_id, ad_id)
)""",
    # TikTok's last word on one ad and local day of the advertiser. ad_id '' = what TikTok books above its ads.
    """
CREATE TABLE ad_days (
    advertiser_id text NOT NULL,
    day date NOT NULL,
    ad_id text NOT NULL,
    campaign_id text NOT NULL DEFAULT '',
    adgroup_id text NOT NULL DEFAULT '',
    spend numeric NOT NULL DEFAULT 0,             -- in the advertiser's currency
    impressions bigint NOT NULL DEFAULT 0,
    clicks bigint NOT NULL DEFAULT 0,
    reach bigint,                                 -- of this ad and day alone: never added up
    conversions numeric,                          -- NULL: TikTok said nothing, which is not 0
    purchases numeric,
    purchase_value numeric,
    metrics jsonb NOT NULL DEFAULT '{}',          -- further figures that are not 0, name -> decimal text
    PRIMARY KEY (advertiser_id, day, ad_id)
)""",
    # Of the days that were pulled by hour. What a day has beyond its hours stays the day's.
    """
CREATE TABLE ad_hours (
    advertiser_id text NOT NULL,
    day date NOT NULL,                            -- of the advertiser
    begins_at timestamptz NOT NULL,               -- of two hours of one name the first
    ad_id text NOT NULL,
    campaign_id text NOT NULL DEFAULT '',
    adgroup_id text NOT NULL DEFAULT '',
    spend numeric NOT NULL DEFAULT 0,
    impressions bigint NOT NULL DEFAULT 0,
    clicks bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (advertiser_id, day, begins_at, ad_id)
)""",
    # The part of ad_days that TikTok could place in a country, hours later than the rest.
    """
CREATE TABLE ad_country_days (
    advertiser_id text NOT NULL,
    day date NOT NULL,
    ad_id text NOT NULL,
    country text NOT NULL,
    campaign_id text NOT NULL DEFAULT '',
    adgroup_id text NOT NULL DEFAULT '',
    spend numeric NOT NULL DEFAULT 0,
    impressions bigint NOT NULL DEFAULT 0,
    clicks bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (advertiser_id, day, ad_id, country)
)""",
    # Reach of a day above the ad: people, so no sum of ads.
    """
CREATE TABLE reach_days (
    advertiser_id text NOT NULL,
    day date NOT NULL,
    level text NOT NULL CHECK (level IN ('advertiser', 'campaign', 'adgroup')),
    entity_id text NOT NULL,                      -- '' = the advertiser
    reach bigint NOT NULL,
    PRIMARY KEY (advertiser_id, day, level, entity_id)
)""",
    # Each pull, and what it changed: totals move by these differences only.
    """
CREATE TABLE spend_pulls (
    advertiser_id text NOT NULL,
    pull_id bigint GENERATED ALWAYS AS IDENTITY,
    day date NOT NULL,
    grain text NOT NULL CHECK (grain IN ('day', 'hour', 'country')),
    pulled_at timestamptz NOT NULL,               -- when TikTok was asked
    rows integer NOT NULL,
    changed integer NOT NULL,
    PRIMARY KEY (advertiser_id, pull_id)
)""",
    "CREATE INDEX spend_pulls_day ON spend_pulls (advertiser_id, day, grain)",
    """
CREATE TABLE spend_changes (
    advertiser_id text NOT NULL,
    pull_id bigint NOT NULL,
    ad_id text NOT NULL,
    begins_at timestamptz,                        -- NULL: the day's figures
    country text NOT NULL DEFAULT '',
    before jsonb,                                 -- NULL: the row is new
    after jsonb,                                  -- NULL: TikTok no longer has it
    FOREIGN KEY (advertiser_id, pull_id) REFERENCES spend_pulls ON DELETE CASCADE
)""",
    "CREATE INDEX spend_changes_pull ON spend_changes (advertiser_id, pull_id)",
    # How far each advertiser's import has come, and when it goes on.
    """
CREATE TABLE spend_progress (
    advertiser_id text PRIMARY KEY,
    due_at timestamptz NOT NULL,
    paused_until timestamptz,                     -- a throttle of TikTok's
    lease text,
    lease_ends_at timestamptz,
    backfilled_to date,                           -- the oldest day pulled of the first import, which goes backwards
    entities_at timestamptz,                      -- last whole read of campaigns, ad groups and ads
    country_at timestamptz,                       -- last read of what TikTok has hours late: countries, reach
    pulled_at timestamptz,                        -- last time all current days came in
    error text NOT NULL DEFAULT '',
    failures integer NOT NULL DEFAULT 0           -- in a row
)""",
)
TABLES = (
    "spend_progress", "spend_changes", "spend_pulls", "reach_days", "ad_country_days", "ad_hours", "ad_days", "ads",
    "adgroups", "campaigns", "advertiser_pixels", "advertisers", "oauth_states", "tiktok_grants",
)  # fmt: skip


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
