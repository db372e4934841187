-- Keyed hashes of what was erased: a replay must not bring it back.
CREATE TABLE tombstones (
    hash bytea PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now()
);
