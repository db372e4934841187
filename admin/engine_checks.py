"""What doctor asks Redis and PostgreSQL."""

import time
from dataclasses import dataclass
from typing import Any

from redis.exceptions import RedisError

from admin.check import Check
from admin.engine_urls import NO_DATABASE, NO_REDIS
from admin.pooler_checks import check_pooler
from admin.session import reason_of
from admin.shown_url import masked
from clicks.connection import connect
from clicks.redis_url import RedisUrlError
from config.settings import Settings
from ledger.connecting import connect as connect_ledger
from ledger.database_url import DatabaseAddress, DatabaseUrlError, read_database_url
from ledger.migrate import current_revision
from ledger.outages import LEDGER_FAILED
from ledger.partition_watch import is_low
from ledger.partitions import key_ranges, keys_left
from ledger.revisions import head_revision

LEDGER = "ledger"  # the name of the check that its tables are there
MIN_REDIS = 7
MIN_POSTGRESQL = 14
MAX_CLOCK_DIFFERENCE_S = 2.0
MIN_LISTPACK_VALUE = 512
MAX_MEMORY_SHARE = 0.85
CONNECT_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class EngineReport:
    """What was found out about one engine."""

    engine: dict[str, Any]
    """{"url", "version"}; empty where there is none."""
    checks: list[Check]


async def check_redis(settings: Settings) -> EngineReport:
    """Whether Redis is there, and set up so that it loses no click and holds many."""
    url = settings.redis_url
    if not url:
        return EngineReport({}, [Check("redis", False, "no address", NO_REDIS)])
    try:
        redis = connect(url, timeout_s=CONNECT_TIMEOUT_S, data_dir=settings.data_dir)
    except RedisUrlError as error:
        return EngineReport({"url": masked(url)}, [Check("redis", False, str(error), "correct REDIS_URL")])
    try:
        info = await redis.info()
        clock = await _redis_clock(redis)
        configured = await _redis_settings(redis)
    except (RedisError, OSError) as error:
        fix = "start it, or correct REDIS_URL; redirects go on meanwhile and clicks wait in the spool"
        return EngineReport({"url": masked(url)}, [Check("redis", False, f"does not answer: {reason_of(error)}", fix)])
    finally:
        await redis.aclose()
    version = str(info.get("redis_version", "0"))
    product = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    recent = int(version.split(".", maxsplit=1)[0]) >= MIN_REDIS
    checks = [
        Check("redis", recent, f"{product} answers", "" if recent else f"install Redis {MIN_REDIS} or Valkey"),
        _redis_writes(info),
        *configured,
        clock,
    ]
    return EngineReport({"url": masked(url), "version": str(info.get("valkey_version", version))}, checks)


def _redis_writes(info: dict[str, Any]) -> Check:
    """Whether it takes clicks, as far as it says so itself: nothing is written to find out."""
    name = "redis writes"
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if info.get("role") == "slave":
        fix = "lead REDIS_URL to its primary; clicks wait in the spool meanwhile"
        return Check(name, False, "a replica: it takes no writes", fix)
    if info.get("aof_last_write_status", "ok") != "ok":
        fix = "make room on its disk, it goes on by itself; clicks wait in the spool meanwhile"
        return Check(name, False, "it cannot write its append-only file", fix)
    if limit and used > limit * MAX_MEMORY_SHARE:
        fix = "raise maxmemory, give it more memory, or lower CLICK_HOT_HOURS; when it is full clicks go to the spool"
        return Check(name, False, f"{used / limit:.0%} of maxmemory are used", fix)
    return Check(name, True, f"{used / limit:.0%} of maxmemory are used" if limit else "no maxmemory is set")


async def _redis_settings(redis: Any) -> list[Check]:
    try:
        policy = (await redis.config_get("maxmemory-policy")).get("maxmemory-policy", "")
        appendonly = (await redis.config_get("appendonly")).get("appendonly", "")
        listpack = int((await redis.config_get("zset-max-listpack-value")).get("zset-max-listpack-value", 0))
    except RedisError:  # a hosted Redis may forbid CONFIG
        return [Check("redis settings", True, "not readable: this Redis forbids CONFIG")]
    return [
        _setting("maxmemory-policy", policy, policy == "noeviction", "noeviction", "any other drops clicks when full"),
        _setting("appendonly", appendonly, appendonly == "yes", "yes", "else a restart loses clicks"),
        _setting(
            "zset-max-listpack-value",
            str(listpack),
            listpack >= MIN_LISTPACK_VALUE,
            str(MIN_LISTPACK_VALUE),
            "with less, a click takes several times the memory",
        ),
    ]


def _setting(name: str, value: str, ok: bool, wanted: str, reason: str) -> Check:
    fix = "" if ok else f"in redis.conf: {name} {wanted} ({reason})"
    return Check(f"redis {name}", ok, value, fix)


async def _redis_clock(redis: Any) -> Check:
    before = time.time()
    seconds, microseconds = await redis.time()
    return _clock("redis", seconds + microseconds / 1e6, before, time.time())


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
        _clock("postgresql", now_s, before, after),
    ]
    return EngineReport({"url": masked(url), "version": version}, checks)


async def _read_only(connection: Any) -> list[Check]:
    if await connection.fetchval("SHOW transaction_read_only") == "off":
        return []
    standby = await connection.fetchval("SELECT pg_is_in_recovery()")
    detail = "a standby: it takes no writes" if standby else "it is set to read-only: it takes no writes"
    fix = "lead DATABASE_URL to the primary, or name both (h1:5432,h2:5432); a replica goes into REPORT_DATABASE_URL"
    return [Check("postgresql writes", False, detail, fix)]


async def _migrated(connection: Any) -> Check:
    revision, wanted = await current_revision(connection), head_revision()
    if revision == wanted:
        return Check(LEDGER, True, f"tables at revision {revision}")
    detail = f"tables at revision {revision}, not {wanted}" if revision else "no tables yet"
    return Check(LEDGER, False, detail, "start `signalpost up` or `signalpost run worker`: they bring it up to date")


async def _partitions(connection: Any) -> list[Check]:
    """Of a ledger that lies in them."""
    if await current_revision(connection) != head_revision():
        return []  # the check before has said so
    ranges, left = await key_ranges(connection), await keys_left(connection)
    if left is None:
        return []
    fix = "see that a worker runs: it makes the next one; its log says what keeps it from that" if is_low(left) else ""
    return [Check("ledger partitions", not fix, f"{len(ranges)}, with room for {left:,} events more", fix)]


def _clock(engine: str, theirs_s: float, before_s: float, after_s: float) -> Check:
    """Compare with the middle of the time the question took."""
    difference = theirs_s - (before_s + after_s) / 2
    ok = abs(difference) <= MAX_CLOCK_DIFFERENCE_S + (after_s - before_s) / 2
    fix = "" if ok else "set both clocks by NTP: windows, leases and retries are counted by them"
    return Check(f"{engine} clock", ok, f"{difference:+z.3f} s from ours", fix)
