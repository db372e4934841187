"""What doctor asks PostgreSQL."""

import time
from typing import Any, Final

from admin.check import Check
from admin.engine_report import CONNECT_TIMEOUT_S, EngineReport, clock_check
from admin.engine_urls import NO_DATABASE
from admin.ledger_failures import reason_of
from admin.pooler_checks import check_pooler
from admin.shown_url import masked
from config.settings import Settings
from ledger.connecting import connect as connect_ledger
from ledger.database_url import DatabaseAddress, DatabaseUrlError, read_database_url
from ledger.migrate import current_revision
from ledger.outages import LEDGER_FAILED
from ledger.partition_watch import is_low
from ledger.partitions import key_ranges, keys_left
from ledger.revisions import head_revision, knows_revision

LEDGER = "ledger"  # the name of the check that its tables are there
MIN_POSTGRESQL = 14


async def check_postgresql(settings: Settings) -> EngineReport:
    """Whether PostgreSQL is there, of a version we know, and has the ledger's tables."""
    url = settings.database_url
    if not url:
        return EngineReport({}, [Check("postgresql", False, "no address", NO_DATABASE)])
    try:
        address = read_database_url(url)
    except DatabaseUrlError as error:
        return EngineReport({"url": masked(url)}, [Check("postgresql", False, str(error), "correct DATABASE_URL")])
    try:
        connection = await connect_ledger(address, timeout_s=CONNECT_TIMEOUT_S)
        try:
            report = await _asked(connection, url)
            pooler = await check_pooler(address, connection, CONNECT_TIMEOUT_S)
            return EngineReport(report.engine, [*report.checks, *pooler, *_set_aside(address)])
        finally:
            await connection.close()
    except LEDGER_FAILED as error:
        fix = "start it, or correct DATABASE_URL; installs and events are refused meanwhile, and apps send them again"
        failed = Check("postgresql", False, f"does not let us in: {reason_of(error)}", fix)
        return EngineReport({"url": masked(url)}, [failed])


def _set_aside(address: DatabaseAddress) -> list[Check]:
    if not address.set_aside:
        return []
    words = ", ".join(address.set_aside)
    return [Check("DATABASE_URL", True, f"set aside, as they change nothing here: {words}")]


async def _asked(connection: Any, url: str) -> EngineReport:
    number = int(await connection.fetchval("SHOW server_version_num"))
    version = str(await connection.fetchval("SHOW server_version")).split(" ", maxsplit=1)[0]
    before = time.time()
    now_s = float(await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())"))
    after = time.time()
    recent = number >= MIN_POSTGRESQL * 10_000
    checks = [
        Check("postgresql", recent, f"PostgreSQL {version} answers", "" if recent else f"install {MIN_POSTGRESQL}+"),
        await _migrated(connection),
        *await _partitions(connection),
        *await _read_only(connection),
        *await _rights(connection),
        clock_check("postgresql", now_s, before, after),
    ]
    return EngineReport({"url": masked(url), "version": version}, checks)


async def _read_only(connection: Any) -> list[Check]:
    if await connection.fetchval("SHOW transaction_read_only") == "off":
        return []
    standby = await connection.fetchval("SELECT pg_is_in_recovery()")
    detail = "a standby: it takes no writes" if standby else "it is set to read-only: it takes no writes"
    fix = "lead DATABASE_URL to the primary, or name both (h1:5432,h2:5432); a replica goes into REPORT_DATABASE_URL"
    return [Check("postgresql writes", False, detail, fix)]


_FORBIDDEN_TABLES: Final = """
SELECT relname FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
   AND NOT (has_table_privilege(oid, 'SELECT') AND has_table_privilege(oid, 'INSERT')
            AND has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE'))
 ORDER BY relname
"""  # fmt: skip


async def _rights(connection: Any) -> list[Check]:
    """A row where the role may not do to every table what processes do."""
    forbidden = [str(row["relname"]) for row in await connection.fetch(_FORBIDDEN_TABLES)]
    if not forbidden:
        return []
    detail = f"the role may not read and write {len(forbidden)} tables, {forbidden[0]} among them"
    fix = "let DATABASE_URL name the tables' owner, or give its role the same rights"
    return [Check("postgresql rights", False, detail, fix)]


async def _migrated(connection: Any) -> Check:
    revision, wanted = await current_revision(connection), head_revision()
    if revision == wanted:
        return Check(LEDGER, True, f"tables at revision {revision}")
    detail = f"tables at revision {revision}, not {wanted}" if revision else "no tables yet"
    if revision and not knows_revision(revision):
        return Check(LEDGER, False, detail, "install the version that wrote it, or a newer one")
    fix = "`signalpost migrate` brings them up to date, and so does a start of `signalpost up`"
    return Check(LEDGER, False, detail, fix)


async def _partitions(connection: Any) -> list[Check]:
    """Of a ledger that lies in them."""
    if await current_revision(connection) != head_revision():
        return []  # the check before has said so
    ranges, left = await key_ranges(connection), await keys_left(connection)
    if left is None:
        return []
    fix = "see that a worker runs: it makes the next one; its log says what keeps it from that" if is_low(left) else ""
    return [Check("ledger partitions", not fix, f"{len(ranges)}, with room for {left:,} events more", fix)]
