"""A number that grows with each change of an app, pixel or mapping, so that who holds them in memory can ask cheaply.

Revision ID: 0004
"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What workers write by themselves (state, pauses, probes) is not among it.
WATCHED = {
    "apps": "UPDATE OF name, api_key_hash, api_key_encrypted, settings, secrets",
    "pixels": "UPDATE OF app_id, code, name, token_encrypted, test_event_code, enabled, settings",
    "mappings": "UPDATE",
    "field_mappings": "UPDATE",
}


def upgrade() -> None:
    op.execute("CREATE TABLE directory_version (version bigint NOT NULL)")
    op.execute("INSERT INTO directory_version VALUES (1)")
    op.execute(
        """
        CREATE FUNCTION directory_changed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE directory_version SET version = version + 1;
            RETURN NULL;
        END $$
        """
    )
    for table, update in WATCHED.items():
        op.execute(
            f"CREATE TRIGGER directory_changed AFTER INSERT OR DELETE OR TRUNCATE OR {update} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION directory_changed()"
        )


def downgrade() -> None:
    for table in WATCHED:
        op.execute(f"DROP TRIGGER directory_changed ON {table}")
    op.execute("DROP FUNCTION directory_changed")
    op.execute("DROP TABLE directory_version")
