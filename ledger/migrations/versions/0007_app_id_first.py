"""Every key of an app's table begins with app_id, and so do the indexes its statements go by (decision 8).

Rows that lacked the column take it from the row they belong to. One change per statement, so that an extension that
spreads tables over machines takes them as they are.

Revision ID: 0007
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# the foreign keys of single columns stand on the old keys
DROP_REFERENCES = (
    "ALTER TABLE attempts DROP CONSTRAINT attempts_delivery_id_fkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_event_key_fkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_pixel_id_fkey",
    "ALTER TABLE event_timers DROP CONSTRAINT event_timers_event_key_fkey",
    "ALTER TABLE webhook_bodies DROP CONSTRAINT webhook_bodies_event_key_fkey",
)
ADD_COLUMNS = (
    "ALTER TABLE attempts ADD COLUMN app_id text",
    "UPDATE attempts SET app_id = d.app_id FROM deliveries d WHERE d.delivery_id = attempts.delivery_id",
    "ALTER TABLE attempts ALTER COLUMN app_id SET NOT NULL",
    "ALTER TABLE event_timers ADD COLUMN app_id text",
    "UPDATE event_timers SET app_id = e.app_id FROM events e WHERE e.event_key = event_timers.event_key",
    "ALTER TABLE event_timers ALTER COLUMN app_id SET NOT NULL",
    "ALTER TABLE match_observations ADD COLUMN app_id text",
    "UPDATE match_observations SET app_id = coalesce(seen ->> 'app_id', '')",
    "ALTER TABLE match_observations ALTER COLUMN app_id SET NOT NULL",
)
# table -> its key before and from now on
KEYS = {
    "pixels": ("pixel_id", "app_id, pixel_id"),
    "events": ("event_key", "app_id, event_key"),
    "deliveries": ("delivery_id", "app_id, delivery_id"),
    # the log is read by delivery: its key is the index for that, too
    "attempts": ("attempt_id", "app_id, delivery_id, attempt_id"),
    "event_timers": ("timer_id", "app_id, timer_id"),
    "webhook_bodies": ("body_key", "app_id, body_key"),
    "click_claims": ("click_id", "app_id, click_id"),
    "match_observations": ("observation_id", "app_id, observation_id"),
    "alerts": ("alert_key", "app_id, alert_key"),
}
UNIQUE = (
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_event_key_pixel_id_key",
    "ALTER TABLE deliveries ADD UNIQUE (app_id, event_key, pixel_id)",
    "ALTER TABLE event_timers DROP CONSTRAINT event_timers_event_key_key",
    "ALTER TABLE event_timers ADD UNIQUE (app_id, event_key)",
)
ADD_REFERENCES = (
    "ALTER TABLE deliveries ADD FOREIGN KEY (app_id, pixel_id) REFERENCES pixels",
    "ALTER TABLE deliveries ADD FOREIGN KEY (app_id, event_key) REFERENCES events ON DELETE CASCADE",
    "ALTER TABLE attempts ADD FOREIGN KEY (app_id, delivery_id) REFERENCES deliveries ON DELETE CASCADE",
    "ALTER TABLE event_timers ADD FOREIGN KEY (app_id, event_key) REFERENCES events ON DELETE CASCADE",
    "ALTER TABLE webhook_bodies ADD FOREIGN KEY (app_id, event_key) REFERENCES events ON DELETE CASCADE",
)
# name -> what it covers before and from now on
INDEXES = {
    "deliveries_queue": (
        "deliveries (pixel_id, next_attempt_at) WHERE state IN ('due', 'sending')",
        "deliveries (app_id, pixel_id, next_attempt_at) WHERE state IN ('due', 'sending')",
    ),
    "webhook_bodies_event": (
        "webhook_bodies (event_key) WHERE event_key IS NOT NULL",
        "webhook_bodies (app_id, event_key) WHERE event_key IS NOT NULL",
    ),
    "event_timers_due": (
        "event_timers (due_at) WHERE state = 'waiting'",
        "event_timers (app_id, due_at) WHERE state = 'waiting'",
    ),
    "installs_click": (
        "installs (click_id) WHERE click_id IS NOT NULL",
        "installs (app_id, click_id) WHERE click_id IS NOT NULL",
    ),
    "installs_ttclid": (
        "installs (md5(click ->> 'ttclid')) WHERE click ->> 'ttclid' IS NOT NULL",
        "installs (app_id, md5(click ->> 'ttclid')) WHERE click ->> 'ttclid' IS NOT NULL",
    ),
    "installs_pending": (
        "installs (received_at) WHERE match_method = 'pending'",
        "installs (app_id, received_at) WHERE match_method = 'pending'",
    ),
}
# keys do their work from now on
SUPERFLUOUS = {
    "pixels_app": "pixels (app_id)",
    "deliveries_app": "deliveries (app_id, delivery_id)",
    "attempts_delivery": "attempts (delivery_id, attempt_id)",
}
# what a person asks for by its number alone, and the lists over all apps
NUMBERS = {
    "deliveries_number": "deliveries (delivery_id)",
    "webhook_bodies_number": "webhook_bodies (body_key)",
}


def upgrade() -> None:
    _run(DROP_REFERENCES)
    _run(ADD_COLUMNS)
    for name in SUPERFLUOUS:
        op.execute(f"DROP INDEX {name}")
    for table, (_, key) in KEYS.items():
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
        op.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({key})")
    _run(UNIQUE)
    for name, (_, covered) in INDEXES.items():
        op.execute(f"DROP INDEX {name}")
        op.execute(f"CREATE INDEX {name} ON {covered}")
    for name, covered in NUMBERS.items():
        op.execute(f"CREATE INDEX {name} ON {covered}")
    _run(ADD_REFERENCES)


def downgrade() -> None:
    for table, name in (("deliveries", "event_key"), ("deliveries", "pixel_id"), ("attempts", "delivery_id"),
                        ("event_timers", "event_key"), ("webhook_bodies", "event_key")):  # fmt: skip
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_app_id_{name}_fkey")
    # a click of two apps goes to the first that claimed it
    op.execute("DELETE FROM click_claims a USING click_claims b WHERE a.click_id = b.click_id AND a.app_id > b.app_id")
    for name in NUMBERS:
        op.execute(f"DROP INDEX {name}")
    for name, (covered, _) in INDEXES.items():
        op.execute(f"DROP INDEX {name}")
        op.execute(f"CREATE INDEX {name} ON {covered}")
    for table, (key, _) in KEYS.items():
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey")
        op.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({key})")
    op.execute("ALTER TABLE deliveries DROP CONSTRAINT deliveries_app_id_event_key_pixel_id_key")
    op.execute("ALTER TABLE deliveries ADD UNIQUE (event_key, pixel_id)")
    op.execute("ALTER TABLE event_timers DROP CONSTRAINT event_timers_app_id_event_key_key")
    op.execute("ALTER TABLE event_timers ADD UNIQUE (event_key)")
    for name, covered in SUPERFLUOUS.items():
        op.execute(f"CREATE INDEX {name} ON {covered}")
    for table in ("attempts", "event_timers", "match_observations"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN app_id")
    op.execute("ALTER TABLE deliveries ADD FOREIGN KEY (pixel_id) REFERENCES pixels")
    op.execute("ALTER TABLE deliveries ADD FOREIGN KEY (event_key) REFERENCES events ON DELETE CASCADE")
    op.execute("ALTER TABLE attempts ADD FOREIGN KEY (delivery_id) REFERENCES deliveries ON DELETE CASCADE")
    op.execute("ALTER TABLE event_timers ADD FOREIGN KEY (event_key) REFERENCES events ON DELETE CASCADE")
    op.execute("ALTER TABLE webhook_bodies ADD FOREIGN KEY (event_key) REFERENCES events ON DELETE CASCADE")


def _run(statements: tuple[str, ...]) -> None:
    for statement in statements:
        op.execute(statement)
