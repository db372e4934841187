"""Ids as they are compared from now on: a UUID in small letters, no blanks around an id.

iOS writes UUIDs in capitals. An install that was stored so, and is reported again, would be a second one otherwise,
with a second Download; an event that is sent again a second sale. Where both spellings are there already, both stay.

Revision ID: 0005
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# the same rule as ledger.spelling.canonical
CANONICAL = r"""
CREATE FUNCTION pg_temp.canonical(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN btrim(given) ~* '^(\{|urn:uuid:)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$'
            THEN lower(regexp_replace(btrim(given), '^(\{|urn:uuid:)|\}$', '', 'gi'))
        WHEN btrim(given) ~* '^[0-9a-f]{32}$' THEN lower(btrim(given))
        ELSE btrim(given)
    END
$$
"""
CANONICAL_EVENT = """
CREATE FUNCTION pg_temp.canonical_event(source text, given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN source <> 'sdk' OR given LIKE 'install:%'
            THEN split_part(given, ':', 1) || ':' || pg_temp.canonical(substr(given, strpos(given, ':') + 1))
        ELSE pg_temp.canonical(given)
    END
$$
"""
CANONICAL_ALL = """
CREATE FUNCTION pg_temp.canonical_all(given text[]) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(array_agg(one ORDER BY place), '{}') FROM (
        SELECT pg_temp.canonical(one) AS one, min(place) AS place
        FROM unnest(given) WITH ORDINALITY AS given (one, place) GROUP BY 1
    ) AS each
$$
"""


def _rename(table: str, column: str, spelling: str, oldest: str) -> str:
    """Rows take the new spelling where no other row of the app has it; of several that would, the first takes it."""
    return f"""
        UPDATE {table} t SET {column} = renamed.spelling FROM (
            SELECT DISTINCT ON (app_id, {spelling}) app_id, {column} AS given, {spelling} AS spelling
            FROM {table} WHERE {spelling} <> {column} ORDER BY app_id, {spelling}, {oldest}
        ) AS renamed
        WHERE t.app_id = renamed.app_id AND t.{column} = renamed.given AND NOT EXISTS (
            SELECT FROM {table} other WHERE other.app_id = t.app_id AND other.{column} = renamed.spelling
        )
        """  # noqa: S608 - names of this module


# `person_installs` follows its install by the foreign key
STATEMENTS = (
    CANONICAL,
    CANONICAL_EVENT,
    CANONICAL_ALL,
    """
    ALTER TABLE person_installs DROP CONSTRAINT person_installs_app_id_install_id_fkey,
        ADD FOREIGN KEY (app_id, install_id) REFERENCES installs ON DELETE CASCADE ON UPDATE CASCADE
    """,
    _rename("installs", "install_id", "pg_temp.canonical(install_id)", "received_at"),
    """
    UPDATE installs SET external_ids = pg_temp.canonical_all(external_ids)
    WHERE external_ids <> pg_temp.canonical_all(external_ids)
    """,
    _rename("person_installs", "person", "pg_temp.canonical(person)", "seen_at DESC"),
    _rename("events", "event_id", "pg_temp.canonical_event(source, event_id)", "received_at"),
    """
    UPDATE events SET install_id = pg_temp.canonical(install_id), external_ids = pg_temp.canonical_all(external_ids)
    WHERE install_id <> pg_temp.canonical(install_id) OR external_ids <> pg_temp.canonical_all(external_ids)
    """,
    """
    UPDATE deliveries SET install_id = pg_temp.canonical(install_id) WHERE install_id <> pg_temp.canonical(install_id)
    """,
    """
    UPDATE click_claims SET install_id = pg_temp.canonical(install_id) WHERE install_id <> pg_temp.canonical(install_id)
    """,
    """
    UPDATE webhook_bodies SET people = pg_temp.canonical_all(people) WHERE people <> pg_temp.canonical_all(people)
    """,
    "DROP FUNCTION pg_temp.canonical_event(text, text), pg_temp.canonical_all(text[]), pg_temp.canonical(text)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement.replace(":", "\\:"))  # SQLAlchemy takes `:word` for a parameter


def downgrade() -> None:
    """The new spelling stays: it is the same id."""
