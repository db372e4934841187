"""What doctor asks Redis: the one server, or each primary of a cluster."""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final

from redis.asyncio import RedisCluster
from redis.exceptions import RedisError

from admin.check import Check
from admin.engine_report import CONNECT_TIMEOUT_S, EngineReport, clock_check
from admin.engine_urls import NO_REDIS
from admin.ledger_failures import reason_of
from admin.shown_url import masked
from clicks.connection import connect
from clicks.redis_url import RedisUrlError
from config.settings import Settings

MIN_REDIS: Final = 7
MIN_LISTPACK_VALUE: Final = 512
MAX_MEMORY_SHARE: Final = 0.85


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
        if isinstance(redis, RedisCluster):
            await redis.initialize()
            found = [(node.name, *await _asked(redis, {"target_nodes": node})) for node in redis.get_primaries()]
        else:
            found = [("", *await _asked(redis, {}))]
    except (RedisError, OSError) as error:
        fix = "start it, or correct REDIS_URL; redirects go on meanwhile and clicks wait in the spool"
        return EngineReport({"url": masked(url)}, [Check("redis", False, f"does not answer: {reason_of(error)}", fix)])
    finally:
        await redis.aclose()
    versions = sorted({version for _, version, _ in found})
    checks = list(_of_all([(node, checks) for node, _, checks in found]))
    return EngineReport({"url": masked(url), "version": ", ".join(versions)}, checks)


async def _asked(redis: Any, at: dict[str, Any]) -> tuple[str, list[Check]]:
    """Of one server: its version and what there is to say; `at` leads redis-py to it."""
    info = await redis.info(**at)
    before = time.time()
    seconds, microseconds = await redis.time(**at)
    clock = clock_check("redis", seconds + microseconds / 1e6, before, time.time())
    version = str(info.get("redis_version", "0"))
    product = f"Valkey {info['valkey_version']}" if "valkey_version" in info else f"Redis {version}"
    recent = int(version.split(".", maxsplit=1)[0]) >= MIN_REDIS
    answers = Check("redis", recent, f"{product} answers", "" if recent else f"install Redis {MIN_REDIS} or Valkey")
    checks = [answers, _redis_writes(info), *await _redis_settings(redis, at), clock]
    return str(info.get("valkey_version", version)), checks


def _of_all(found: Sequence[tuple[str, Sequence[Check]]]) -> Iterator[Check]:
    """One row of each name: that of the first server where something is wrong, which it names in a cluster."""
    by_name: dict[str, list[tuple[str, Check]]] = {}
    for node, checks in found:
        for check in checks:
            by_name.setdefault(check.name, []).append((node, check))
    for rows in by_name.values():
        node, shown = next((row for row in rows if not row[1].ok), rows[0])
        detail = f"{node}: {shown.detail}" if node and not shown.ok else shown.detail
        yield Check(shown.name, shown.ok, detail, shown.fix)


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


async def _redis_settings(redis: Any, at: dict[str, Any]) -> list[Check]:
    try:
        policy = (await redis.config_get("maxmemory-policy", **at)).get("maxmemory-policy", "")
        appendonly = (await redis.config_get("appendonly", **at)).get("appendonly", "")
        listpack = int((await redis.config_get("zset-max-listpack-value", **at)).get("zset-max-listpack-value", 0))
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
