"""The ledger: apps, links, pixels, mappings, installs, events, deliveries, attempts, counts.

Revision ID: 0001
"""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = """
-- An app that is advertised. The API key is kept twice: hashed to find the app by, encrypted to check signatures with.
CREATE TABLE apps (
    app_id text PRIMARY KEY,
    name text NOT NULL,
    api_key_hash bytea NOT NULL UNIQUE,           -- SHA-256 of the key (160 random bits, so a plain hash is enough)
    api_key_encrypted bytea NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',         -- key -> value of `app set`, only those that were set
    secrets jsonb NOT NULL DEFAULT '{}',          -- write-only settings, each encrypted, base64
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE links (
    slug text PRIMARY KEY,
    app_id text NOT NULL REFERENCES apps,
    ios_url text,
    android_url text,
    fallback_url text,
    mode text NOT NULL DEFAULT 'redirect' CHECK (mode IN ('redirect', 'bridge')),
    enabled boolean NOT NULL DEFAULT true,
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX links_app ON links (app_id);

-- Where an app's events go. `held` stops sending without burning attempts; `paused_until` is a throttle.
CREATE TABLE pixels (
    pixel_id text PRIMARY KEY,
    app_id text NOT NULL REFERENCES apps,
    code text NOT NULL,                           -- TikTok's pixel code, the event_source_id
    name text NOT NULL DEFAULT '',
    token_encrypted bytea NOT NULL,
    test_event_code text NOT NULL DEFAULT '',
    enabled boolean NOT NULL DEFAULT true,
    state text NOT NULL DEFAULT 'unvalidated' CHECK (state IN ('ok', 'held', 'unvalidated')),
    held_reason text NOT NULL DEFAULT '',
    held_since timestamptz,
    probe_at timestamptz,                         -- when a held pixel is tried again
    paused_until timestamptz,
    throttle_step integer NOT NULL DEFAULT 0,     -- requests that failed or were throttled in a row
    settings jsonb NOT NULL DEFAULT '{}',         -- consent_categories, send, event_names
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pixels_app ON pixels (app_id);

-- Rows that differ from the default mapping. pixel_id '' = every pixel of the app; target '' = not sent.
CREATE TABLE mappings (
    app_id text NOT NULL REFERENCES apps,
    pixel_id text NOT NULL DEFAULT '',
    source text NOT NULL,
    target text NOT NULL,
    edited boolean NOT NULL DEFAULT true,         -- set by hand; false = it came with a preset, and goes with the next
    PRIMARY KEY (app_id, pixel_id, source)
);

-- Fields of the payload that are read from elsewhere in the event: the first path that holds something counts.
CREATE TABLE field_mappings (
    app_id text NOT NULL REFERENCES apps,
    pixel_id text NOT NULL DEFAULT '',            -- '' = every pixel of the app
    target text NOT NULL,
    sources text[] NOT NULL,
    PRIMARY KEY (app_id, pixel_id, target)
);

CREATE TABLE installs (
    app_id text NOT NULL REFERENCES apps,
    install_id text NOT NULL,
    platform text NOT NULL CHECK (platform IN ('ios', 'android')),
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    body jsonb NOT NULL,                          -- the request as accepted, normalised; `ip` filled in
    match_method text NOT NULL CHECK (match_method IN ('referrer', 'click_id', 'probabilistic', 'none', 'pending')),
    match_probability double precision,
    match_reason text NOT NULL DEFAULT '',
    match_detail jsonb NOT NULL DEFAULT '{}',     -- candidates, weights, flags
    click_id text,
    click jsonb,                                  -- the matched click as it was stored, kept for later events
    external_ids text[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (app_id, install_id)
);
CREATE INDEX installs_click ON installs (click_id) WHERE click_id IS NOT NULL;
CREATE INDEX installs_ttclid ON installs (md5(click ->> 'ttclid')) WHERE click ->> 'ttclid' IS NOT NULL;
CREATE INDEX installs_pending ON installs (received_at) WHERE match_method = 'pending';
-- a list of pending entries would be read from end to end by every look-up
CREATE INDEX installs_external ON installs USING gin (external_ids) WITH (fastupdate = off);
CREATE INDEX installs_received ON installs (received_at);
CREATE INDEX installs_app_occurred ON installs (app_id, occurred_at);

-- A click that was credited without the store's own word leaves the pool: one row per click, first come.
CREATE TABLE click_claims (
    click_id text PRIMARY KEY,
    app_id text NOT NULL,
    install_id text NOT NULL,
    claimed_at timestamptz NOT NULL DEFAULT now()
);

-- What one matched install teaches, until a worker has added it to the statistics. Names no person and no address.
CREATE TABLE match_observations (
    observation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seen jsonb NOT NULL
);

-- What the matcher has learned, per app; app_id '' = all apps together.
CREATE TABLE match_statistics (
    app_id text PRIMARY KEY,
    state jsonb NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events (
    event_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id text NOT NULL REFERENCES apps,
    event_id text NOT NULL,                       -- unique per app; the install itself is `install:<install_id>`
    source text NOT NULL DEFAULT 'sdk',
    name text NOT NULL,
    install_id text,
    external_ids text[] NOT NULL DEFAULT '{}',
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    value numeric,
    currency text,
    body jsonb NOT NULL,
    joined boolean NOT NULL DEFAULT false,        -- its install is known
    flags text[] NOT NULL DEFAULT '{}',           -- e.g. occurred_at_in_future
    subscription_id text,                         -- of a webhook: what its start and its end have in common
    UNIQUE (app_id, event_id)
);
CREATE INDEX events_subscription ON events (app_id, subscription_id) WHERE subscription_id IS NOT NULL;
CREATE INDEX events_waiting_install ON events (app_id, install_id) WHERE NOT joined AND install_id IS NOT NULL;
CREATE INDEX events_waiting_external ON events USING gin (external_ids) WITH (fastupdate = off) WHERE NOT joined;
CREATE INDEX events_waiting ON events (received_at) WHERE NOT joined;
CREATE INDEX events_install ON events (app_id, install_id);
CREATE INDEX events_received ON events (received_at);
CREATE INDEX events_app_occurred ON events (app_id, occurred_at);

-- Ids of a person that an event brought and the install itself did not: by them later events find the install.
CREATE TABLE person_installs (
    app_id text NOT NULL,
    person text NOT NULL,
    install_id text NOT NULL,
    seen_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, person),
    FOREIGN KEY (app_id, install_id) REFERENCES installs ON DELETE CASCADE
);
CREATE INDEX person_installs_install ON person_installs (app_id, install_id);

-- What a subscription platform posted, as it came; kept for 30 days.
CREATE TABLE webhook_bodies (
    body_key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id text NOT NULL REFERENCES apps,
    provider text NOT NULL,
    provider_event_id text NOT NULL,
    type text NOT NULL,                           -- as the provider calls it; '' where it cannot be read
    outcome text NOT NULL CHECK (outcome IN ('event', 'counted', 'test', 'ignored', 'unread')),
    received_at timestamptz NOT NULL,
    event_key bigint REFERENCES events ON DELETE CASCADE,
    people text[] NOT NULL DEFAULT '{}',          -- every id in it, so that an erasure finds it
    body bytea NOT NULL,
    UNIQUE (app_id, provider, provider_event_id)
);
CREATE INDEX webhook_bodies_event ON webhook_bodies (event_key) WHERE event_key IS NOT NULL;
CREATE INDEX webhook_bodies_people ON webhook_bodies USING gin (people);
CREATE INDEX webhook_bodies_received ON webhook_bodies (received_at);

-- When each webhook was last heard of, tests and repeats included.
CREATE TABLE webhook_sources (
    app_id text NOT NULL REFERENCES apps,
    provider text NOT NULL,
    last_received_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, provider)
);

-- A trial or subscription that becomes `*_qualified` unless it ends before the timer does.
CREATE TABLE event_timers (
    timer_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_key bigint NOT NULL UNIQUE REFERENCES events ON DELETE CASCADE,  -- the start
    name text NOT NULL,                           -- of the event it becomes
    due_at timestamptz NOT NULL,
    qualified_at timestamptz NOT NULL,            -- start + delay, by the clock of the provider
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'emitted', 'ended'))
);
CREATE INDEX event_timers_due ON event_timers (due_at) WHERE state = 'waiting';

-- What was refunded of a charge: one row per refund, and one of refund_id '' for the total the provider names.
CREATE TABLE charge_refunds (
    app_id text NOT NULL REFERENCES apps,
    charge_id text NOT NULL,
    refund_id text NOT NULL DEFAULT '',
    amount numeric NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (app_id, charge_id, refund_id)
);

-- Sales reported by a source that is not the app's revenue_source; they are kept, and not sent.
CREATE TABLE second_revenue_sources (
    app_id text NOT NULL REFERENCES apps,
    source text NOT NULL,
    last_sale_at timestamptz NOT NULL,
    PRIMARY KEY (app_id, source)
);

-- One event on its way to one pixel: the queue.
CREATE TABLE deliveries (
    delivery_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    app_id text NOT NULL,
    pixel_id text NOT NULL REFERENCES pixels,
    event_key bigint NOT NULL REFERENCES events ON DELETE CASCADE,
    event_id text NOT NULL,                       -- as sent to TikTok, the same on every retry and replay
    source_event_id text NOT NULL,
    source_event text NOT NULL,
    target_event text NOT NULL,
    install_id text,
    -- 'held' is shown and never stored: it is a due delivery of a pixel that is held or disabled
    state text NOT NULL CHECK (state IN ('due', 'sending', 'delivered', 'suppressed', 'skipped', 'dead')),
    reason text NOT NULL DEFAULT '',
    attempts integer NOT NULL DEFAULT 0,          -- sends that count against the schedule; `attempts` has them all
    next_attempt_at timestamptz,                  -- due: not before this; sending: when the lease ends
    lease text,                                   -- who is sending it; settling asks for the same
    takeovers integer NOT NULL DEFAULT 0,         -- leases in a row that ended without a word from their worker
    maybe_arrived_at timestamptz,                 -- first send that may have reached TikTok: starts the 48 h clock
    delivered_at timestamptz,
    last_outcome text,
    last_code integer,
    last_message text,
    request_id text,
    payload text,                                 -- the data[] row as first sent, re-sent byte for byte
    notes text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (event_key, pixel_id)
-- each row is rewritten on claim, send and settle
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
-- the queue of each pixel in the order it is claimed; a row whose lease has ended stands in it like any other
CREATE INDEX deliveries_queue ON deliveries (pixel_id, next_attempt_at) WHERE state IN ('due', 'sending');
CREATE INDEX deliveries_dead ON deliveries (created_at) WHERE state = 'dead';
CREATE INDEX deliveries_app ON deliveries (app_id, delivery_id);
CREATE INDEX deliveries_install ON deliveries (app_id, install_id);

-- The postback log.
CREATE TABLE attempts (
    attempt_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    delivery_id bigint NOT NULL REFERENCES deliveries ON DELETE CASCADE,
    at timestamptz NOT NULL,
    outcome text NOT NULL,
    status integer,                               -- HTTP
    code integer,                                 -- TikTok's
    message text NOT NULL DEFAULT '',
    request_id text NOT NULL DEFAULT '',
    ms integer NOT NULL,
    batch_rows integer NOT NULL DEFAULT 1,        -- of the request it was in
    test_event_code text NOT NULL DEFAULT '',     -- the request's
    payload text                                  -- the row as sent then, where a replay has built it anew since
);
CREATE INDEX attempts_delivery ON attempts (delivery_id, attempt_id);

-- What someone should look at. A row stands as long as its cause does, and is posted once a day.
CREATE TABLE alerts (
    alert_key text PRIMARY KEY,                   -- the cause, e.g. `pixel_held:<pixel_id>`
    kind text NOT NULL,
    app_id text NOT NULL DEFAULT '',
    pixel_id text NOT NULL DEFAULT '',
    message text NOT NULL,
    raised_at timestamptz NOT NULL,
    post_at timestamptz NOT NULL,                 -- when it is posted to ALERT_WEBHOOK_URL, again or for the first time
    post_failures integer NOT NULL DEFAULT 0      -- in a row
);

-- What the redirector counted, by hour of the click; drained from Redis. Ids are '' where the click carried none.
CREATE TABLE visit_counts (
    hour timestamptz NOT NULL,
    link text NOT NULL,
    platform text NOT NULL,
    kind text NOT NULL,
    campaign_id text NOT NULL DEFAULT '',
    adgroup_id text NOT NULL DEFAULT '',
    ad_id text NOT NULL DEFAULT '',
    visits bigint NOT NULL,
    PRIMARY KEY (hour, link, platform, kind, campaign_id, adgroup_id, ad_id)
);
CREATE INDEX visit_counts_link ON visit_counts (link, hour);

-- Drains that were added to visit_counts: a drain repeated after a crash is not added twice.
CREATE TABLE count_drains (
    drain_id text PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);

-- Keyed hashes of what was erased: a replay must not bring it back.
CREATE TABLE tombstones (
    hash bytea PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "tombstones", "count_drains", "visit_counts", "alerts", "attempts", "deliveries",
        "second_revenue_sources", "charge_refunds", "event_timers", "webhook_sources", "webhook_bodies",
        "person_installs", "events",
        "match_statistics", "match_observations", "click_claims", "installs",
        "field_mappings", "mappings", "pixels", "links", "apps",
    ):  # fmt: skip
        op.execute(f"DROP TABLE {table}")
