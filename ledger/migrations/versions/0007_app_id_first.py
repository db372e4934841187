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


def _keyed(place: int) -> tuple[str, ...]:
    return tuple(f"ALTER TABLE {table} ADD PRIMARY KEY ({keys[place]})" for table, keys in KEYS.items())


def _indexed(place: int) -> tuple[str, ...]:
    return tuple(f"CREATE INDEX {name} ON {covered[place]}" for name, covered in INDEXES.items())


NO_KEYS = tuple(f"ALTER TABLE {table} DROP CONSTRAINT {table}_pkey" for table in KEYS)
NO_INDEXES = tuple(f"DROP INDEX {name}" for name in INDEXES)

# without their keys and indexes the rows are filled in a fraction of the time
STATEMENTS = (
    *DROP_REFERENCES,
    *NO_INDEXES,
    *(f"DROP INDEX {name}" for name in SUPERFLUOUS),
    *NO_KEYS,
    *ADD_COLUMNS,
    *_keyed(1),
    *UNIQUE,
    *_indexed(1),
    *(f"CREATE INDEX {name} ON {covered}" for name, covered in NUMBERS.items()),
    *ADD_REFERENCES,
)
STATEMENTS_BACK = (
    "ALTER TABLE attempts DROP CONSTRAINT attempts_app_id_delivery_id_fkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_app_id_event_key_fkey",
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_app_id_pixel_id_fkey",
    "ALTER TABLE event_timers DROP CONSTRAINT event_timers_app_id_event_key_fkey",
    "ALTER TABLE webhook_bodies DROP CONSTRAINT webhook_bodies_app_id_event_key_fkey",
    # a click whose app was lost may have been claimed by two
    "DELETE FROM click_claims a USING click_claims b WHERE a.click_id = b.click_id AND a.app_id > b.app_id",
    *(f"DROP INDEX {name}" for name in NUMBERS),
    *NO_INDEXES,
    *NO_KEYS,
    "ALTER TABLE deliveries DROP CONSTRAINT deliveries_app_id_event_key_pixel_id_key",
    "ALTER TABLE event_timers DROP CONSTRAINT event_timers_app_id_event_key_key",
    *_keyed(0),
    "ALTER TABLE deliveries ADD UNIQUE (event_key, pixel_id)",
    "ALTER TABLE event_timers ADD UNIQUE (event_key)",
    *_indexed(0),
    *(f"CREATE INDEX {name} ON {covered}" for name, covered in SUPERFLUOUS.items()),
    *(f"ALTER TABLE {table} DROP COLUMN app_id" for table in ("attempts", "event_timers")),
    "ALTER TABLE deliveries ADD FOREIGN KEY (pixel_id) REFERENCES pixels",
    "ALTER TABLE deliveries ADD FOREIGN KEY (event_key) REFERENCES events ON DELETE CASCADE",
    "ALTER TABLE attempts ADD FOREIGN KEY (delivery_id) REFERENCES deliveries ON DELETE CASCADE",
    "ALTER TABLE event_timers ADD FOREIGN KEY (event_key) REFERENCES events ON DELETE CASCADE",
    "ALTER TABLE webhook_bodies ADD FOREIGN KEY (event_key) REFERENCES events ON DELETE CASCADE",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    for statement in STATEMENTS_BACK:
        op.execute(statement)
