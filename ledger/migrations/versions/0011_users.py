"""Who may use the console: users, their sessions, the one-time secret of the first owner, and forms that were sent."""

from alembic import op

revision = "0011"
down_revision = "0010"

UP = """
CREATE TABLE users (
    user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    email text NOT NULL UNIQUE,           -- in lower case, without blanks around it
    password_hash text NOT NULL,          -- argon2id, as its reference implementation writes it
    role text NOT NULL CHECK (role IN ('owner', 'editor', 'viewer')),
    disabled_at timestamptz,
    created_at timestamptz NOT NULL
);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,         -- SHA-256: who reads the ledger cannot sign in with it
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    browser text NOT NULL,                -- the family alone: Firefox, Safari, ...
    address text NOT NULL,                -- the network alone: a /24 or a /48
    notices jsonb NOT NULL DEFAULT '[]'   -- what the next page says
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE setup_tokens (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE sent_forms (
    session bytea NOT NULL REFERENCES sessions ON DELETE CASCADE,
    form_id text NOT NULL,
    at timestamptz NOT NULL,
    led_to text,                          -- where the answer led; NULL while it is being done, or where it led nowhere
    PRIMARY KEY (session, form_id)
);
"""


def upgrade() -> None:
    for statement in UP.split(";\n"):
        if statement.strip():
            op.execute(statement)
