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
