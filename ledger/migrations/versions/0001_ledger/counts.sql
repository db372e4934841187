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
