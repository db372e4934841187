"""Alerts about a machine: its disk, its spool, its clock, the replica as it is seen from there."""

import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from clicks.connection import connect
from config import disk
from forwarder.jobs import machine_watch
from forwarder.jobs.alerts import alerts_by_kind, watch_machine, watch_reports
from forwarder.jobs.machine_watch import KINDS, machine, machine_state
from ledger.alerts import Alert, sync_alerts
from ledger.report_roll_ups import NOTHING, add_up
from tests.forwarder.delivering.scene import APP, CLICK, Scene

pytestmark = pytest.mark.anyio


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    opened = connect(redis_url)
    yield opened
    await opened.aclose()


async def kinds(scene: Scene, redis: Any, data_dir: Path, report_url: str = "") -> set[str]:
    state = await machine_state(scene.pool, redis, data_dir, report_url)
    with structlog.testing.capture_logs() as logged:
        await watch_machine(scene.pool, state, scene.clock.now)
    standing = set(await alerts_by_kind(scene.pool))
    assert {line["kind"] for line in logged if line["event"] == "alert"} <= standing
    return standing


def full_disk(monkeypatch: pytest.MonkeyPatch, _: Path) -> None:
    monkeypatch.setattr(disk, "MIN_FREE_SHARE", 1.1)


def old_spool(_: pytest.MonkeyPatch, data_dir: Path) -> None:
    (data_dir / "spool").mkdir()
    path = data_dir / "spool" / "1.spool"
    path.write_bytes(b"a click")
    os.utime(path, (time.time() - 120, time.time() - 120))


def wrong_clock(monkeypatch: pytest.MonkeyPatch, _: Path) -> None:
    monkeypatch.setattr(machine_watch, "MAX_CLOCK_DIFFERENCE_S", -60.0)


@pytest.mark.parametrize(
    ("break_it", "kind"),
    [(full_disk, "disk_low"), (old_spool, "spool_in_use"), (wrong_clock, "clock_differs")],
)
async def test_what_is_wrong_is_an_alert_until_it_is_mended(
    scene: Scene, redis: Any, data_dir: Path, break_it: Callable[[pytest.MonkeyPatch, Path], None], kind: str
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(disk, "MIN_FREE_BYTES", 0)
        patched.setattr(disk, "MIN_FREE_SHARE", 0.0)
        assert await kinds(scene, redis, data_dir) == set()
        break_it(patched, data_dir)
        assert await kinds(scene, redis, data_dir) == {kind}
    shutil.rmtree(data_dir / "spool", ignore_errors=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(disk, "MIN_FREE_BYTES", 0)
        patched.setattr(disk, "MIN_FREE_SHARE", 0.0)
        assert await kinds(scene, redis, data_dir) == set()


@pytest.fixture
def roomy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever disk the tests run on."""
    monkeypatch.setattr(disk, "MIN_FREE_BYTES", 0)
    monkeypatch.setattr(disk, "MIN_FREE_SHARE", 0.0)


@pytest.mark.usefixtures("roomy")
async def test_a_replica_that_does_not_answer_is_an_alert(
    scene: Scene, redis: Any, data_dir: Path, free_port: int, database_url: str
) -> None:
    nowhere = f"postgresql://nobody@127.0.0.1:{free_port}/none"
    assert await kinds(scene, redis, data_dir, nowhere) == {"replica_late"}
    assert await kinds(scene, redis, data_dir, database_url) == set()


@pytest.mark.usefixtures("roomy")
async def test_a_replica_that_is_far_behind_is_an_alert_with_its_lag(
    scene: Scene, redis: Any, data_dir: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_watch, "MAX_LAG_S", -1.0)
    state = await machine_state(scene.pool, redis, data_dir, database_url)
    assert [alert.kind for alert in state.alerts] == ["replica_late"]
    assert state.replica_lag_s == 0


@pytest.mark.usefixtures("roomy")
async def test_a_redis_that_is_away_leaves_the_other_clock_compared(
    scene: Scene, data_dir: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = connect(f"redis://127.0.0.1:{free_port}")
    assert await kinds(scene, away, data_dir) == set()
    monkeypatch.setattr(machine_watch, "MAX_CLOCK_DIFFERENCE_S", -60.0)
    assert await kinds(scene, away, data_dir) == {"clock_differs"}
    await away.aclose()


@pytest.mark.usefixtures("roomy")
@pytest.mark.parametrize(
    ("ahead_s", "said"),
    [
        (None, None),
        (59.0, None),
        (-59.0, None),
        (-61.0, "TikTok is -61 s from this machine"),
        (3 * 3600.0, "TikTok is +180 min from this machine"),
        (-5 * 3600 + 0.7, "TikTok is -300 min from this machine"),
    ],
)
async def test_a_clock_that_differs_from_tiktoks_is_an_alert_although_all_engines_share_it(
    scene: Scene, redis: Any, data_dir: Path, ahead_s: float | None, said: str | None
) -> None:
    alerts = (await machine_state(scene.pool, redis, data_dir, "", ahead_s)).alerts
    assert [alert.kind for alert in alerts] == (["clock_differs"] if said else [])
    assert all(said is not None and said in alert.message for alert in alerts)


@pytest.mark.usefixtures("roomy")
async def test_another_machines_alert_stays_until_a_day_has_passed(scene: Scene, redis: Any, data_dir: Path) -> None:
    other = Alert("disk_low", "another-machine", "another-machine: full")
    await sync_alerts(scene.pool, KINDS, [other], scene.clock.now, "another-machine")
    assert machine() != "another-machine"
    assert await kinds(scene, redis, data_dir) == {"disk_low"}
    scene.clock.turn(days=1, seconds=1)
    assert await kinds(scene, redis, data_dir) == set()


async def test_sums_that_differ_from_their_rows_are_an_alert_until_they_are_counted_anew(scene: Scene) -> None:
    await scene.install(click=CLICK)
    await _add_up(scene)
    await watch_reports(scene.pool, scene.clock.now)
    assert await alerts_by_kind(scene.pool) == {}
    await scene.pool.execute("UPDATE report_days SET installs = installs + 1")
    await scene.pool.execute("UPDATE report_campaign_days SET installs = installs + 1")
    with structlog.testing.capture_logs() as logged:
        await watch_reports(scene.pool, scene.clock.now)
    assert [(line["kind"], line["app_id"]) for line in logged] == [("report_differs", APP)]
    await scene.pool.execute("DELETE FROM report_zones")
    await _add_up(scene)
    await watch_reports(scene.pool, scene.clock.now + timedelta(seconds=1))
    assert await alerts_by_kind(scene.pool) == {}


async def _add_up(scene: Scene) -> None:
    while await add_up(scene.pool, scene.clock.now) != NOTHING:
        pass
