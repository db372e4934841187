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
