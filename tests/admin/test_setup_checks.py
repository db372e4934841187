"""What doctor says of this machine."""

import time
from datetime import UTC, datetime

import pytest

from admin import setup_checks
from admin.setup_checks import check_tiktok, check_time_zones
from config.settings import AllSettings
from ledger.local_time import VERSION
from tests.account_sandbox import AccountSandbox
from tiktok.server_clock import ServerClock

NOW = datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("released", "warned"), [(datetime(2026, 7, 1, tzinfo=UTC), False), (datetime(2025, 6, 1, tzinfo=UTC), True)]
)
def test_a_time_zone_database_older_than_a_year_is_a_warning(released: datetime, warned: bool) -> None:
    check = check_time_zones(released, NOW)
    assert check.ok
    assert VERSION in check.detail
    assert ("tzdata" in check.fix) is warned


@pytest.mark.anyio
@pytest.mark.parametrize(("ours_ahead_s", "ok"), [(0, True), (5 * 3600, False), (-3 * 3600, False)])
async def test_a_machine_whose_clock_is_not_tiktoks_is_told_so(
    sandbox: AccountSandbox, monkeypatch: pytest.MonkeyPatch, ours_ahead_s: int, ok: bool
) -> None:
    monkeypatch.setattr(setup_checks, "ServerClock", lambda: ServerClock(lambda: time.time() + ours_ahead_s))
    found = {check.name: check for check in await check_tiktok(AllSettings(tiktok_api_url=sandbox.url))}
    assert found["tiktok api"].ok
    clock = found["tiktok clock"]
    assert (clock.ok, "NTP" in clock.fix) == (ok, not ok)
    assert abs(float(clock.detail.split()[0]) + ours_ahead_s) <= 10
