"""Every engine, setting, token and clock: what is wrong and how to mend it."""

import asyncio
import os
from dataclasses import asdict
from typing import Any

from admin.alert_checks import check_alerts
from admin.check import Check, shown_settings
from admin.click_checks import check_old_clicks
from admin.connection_health import check_connections
from admin.engine_report import EngineReport
from admin.postgresql_checks import LEDGER, check_postgresql
from admin.redis_checks import check_redis
from admin.replica_checks import check_replica
from admin.report_checks import check_reports
from admin.setup_checks import (
    check_data_dir,
    check_disk,
    check_env_file,
    check_ledger,
    check_processes,
    check_proxies,
    check_secret_key,
    check_tiktok,
    check_time_zones_now,
)
from admin.source_checks import check_sources
from config.runfile import read_runfile
from config.settings import AllSettings, SettingsError, origins


def unusable(error: SettingsError) -> dict[str, Any]:
    """What `examination` finds where a setting cannot be read."""
    return _result([Check("settings", False, str(error), "correct it in the environment or in .env")], {}, {}, {})


async def examination(settings: AllSettings, ask_tiktok: bool = True) -> dict[str, Any]:
    """{"ok", "checks", "settings", "processes", "engines"} as the contract has it.

    Args:
        ask_tiktok: whether TikTok is asked for an answer, which may take seconds.
    """
    runfile = read_runfile(settings.data_dir) or {}
    data_dir = check_data_dir(settings.data_dir)
    secret, keyring = check_secret_key(settings)
    redis, postgresql, tiktok, processes = await asyncio.gather(
        check_redis(settings), check_postgresql(settings), _tiktok(settings, ask_tiktok), check_processes(runfile)
    )
    migrated = any(check.name == LEDGER and check.ok for check in postgresql.checks)
    checks = [
        Check("settings", True, f"{len(type(settings).model_fields)} are usable"),
        data_dir,
        *check_disk(settings.data_dir),
        check_env_file(),
        secret,
        check_time_zones_now(),
        *redis.checks,
        *postgresql.checks,
        *(await check_ledger(settings, keyring) if migrated else []),
        *(await check_alerts(settings) if migrated else []),
        *(await check_old_clicks(settings) if migrated and all(check.ok for check in redis.checks[:1]) else []),
        *(await check_sources(settings) if migrated else []),
        *(await check_connections(settings) if migrated else []),
        *(await check_reports(settings) if migrated else []),
        *await check_replica(settings),
        *processes,
        *check_proxies(),
        *tiktok,
    ]
    engines = {"redis": redis, "postgresql": postgresql}
    return _result(
        checks,
        shown_settings(settings, origins(settings, os.environ)),
        runfile.get("processes", {}),
        {name: _engine(report, runfile.get("engines", {}).get(name, {})) for name, report in engines.items()},
    )


def _engine(report: EngineReport, published: dict[str, Any]) -> dict[str, Any]:
    pid = {"pid": published["pid"]} if published.get("pid") else {}  # ours to name only where it is embedded
    return {**report.engine, **pid}


def _result(
    checks: list[Check], settings: dict[str, Any], processes: dict[str, Any], engines: dict[str, Any]
) -> dict[str, Any]:
    return {
        "ok": all(check.ok for check in checks),
        "checks": [asdict(check) for check in checks],
        "settings": settings,
        "processes": processes,
        "engines": engines,
    }


async def _tiktok(settings: AllSettings, asked: bool) -> list[Check]:
    return await check_tiktok(settings) if asked else []
