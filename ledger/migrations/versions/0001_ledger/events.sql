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
-- as good as empty, and the cheapest way in for a plan made while the table was: without it, one that reads an app's events
CREATE INDEX events_waiting_people ON events (app_id) WHERE NOT joined AND install_id IS NULL;
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
