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
