"""`signalpost export`: what a backtest reads."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from admin import sorting
from admin.sorting import Keyed, sorted_lines
from backtest.lines import click_of, install_of
from backtest.visit_reader import RecordedVisitReader, click_id_of
from clicks.batch import Batch, Row
from clicks.connection import connect
from clicks.store import ClickStore
from config.secrets import load_keyring
from tests.cli.conftest import Cli, Sql
from tests.matching.recorded import IPHONE, click

NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def recorded(
    environment: dict[str, str], app_id: str, monkeypatch: pytest.MonkeyPatch, data_dir: Any, redis_url: str
) -> list[dict[str, Any]]:
    """Six clicks in the live store, one every hour up to an hour ago, each from its own address; the last enriched."""
    key = load_keyring("", data_dir).derive("address")
    monkeypatch.setattr("backtest.visit_reader.ADDRESS_KEY", key[0])
    lines = [
        click(
            clicked_at=(NOW - timedelta(hours=hours)).isoformat(),
            ip=f"203.0.113.{hours}",
            link="spring",
            languages="de",
        )
        for hours in range(6, 0, -1)
    ]
    lines[-1] |= {
        "user_agent": IPHONE,
        "enrichment": {"timezone": "Europe/Berlin"},
        "ttp": "abc",
        "app_id": "app_other",
    }

    async def store() -> None:
        redis = connect(redis_url)
        reader, rows = RecordedVisitReader(redis, app_id, {}), list[Row]()
        for line in lines:
            at_ms = int(datetime.fromisoformat(line["clicked_at"]).timestamp() * 1000)
            opened = reader.open(click_of(json.dumps(line).encode()), at_ms)
            line["click_id"] = click_id_of(opened[0])
            rows += opened
        await ClickStore(redis, key).apply(Batch("test", 1, rows, {}))
        await redis.aclose()

    asyncio.run(store())
    return [{"app_id": app_id} | line for line in lines]


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def as_times(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line | {"clicked_at": datetime.fromisoformat(line["clicked_at"])} for line in lines]


def test_clicks_come_out_by_time_as_they_were_recorded(cli: Cli, recorded: list[dict[str, Any]]) -> None:
    ran = cli("export", "clicks")
    assert ran.status == 0, ran.stderr
    assert as_times(lines_of(ran.stdout)) == as_times(recorded)


def test_clicks_of_one_app_and_span(cli: Cli, recorded: list[dict[str, Any]], app_id: str) -> None:
    of_app = lines_of(cli("export", "clicks", "--app", app_id).stdout)
    assert [line["click_id"] for line in of_app] == [line["click_id"] for line in recorded[:5]]
    recent = lines_of(cli("export", "clicks", "--since", "4h", "--until", "100m").stdout)
    assert [line["click_id"] for line in recent] == [line["click_id"] for line in recorded[3:5]]


def test_installs_come_out_as_the_bodies_they_were(cli: Cli, sql: Sql, app_id: str) -> None:
    for hours in (3, 1, 2):
        body = {"platform": "ios", "occurred_at": (NOW - timedelta(hours=hours)).isoformat(), "ip": "203.0.113.7"}
        sql(
            """INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method)
            VALUES ($1, $2, 'ios', $3, $4, 'none')""",
            app_id, f"i-{hours}", NOW - timedelta(hours=hours), body,
        )  # fmt: skip
    ran = cli("export", "installs", "--app", app_id, "--since", "150m")
    assert [line["install_id"] for line in lines_of(ran.stdout)] == ["i-2", "i-1"]
    for line in ran.stdout.splitlines():
        assert install_of(line.encode(), "other").report.app_id == app_id


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("clicks", "--app", "app_nobody"), "app: there is no app 'app_nobody'"),
        (("installs", "--since", "1h", "--until", "2h"), "since: must be earlier than --until"),
        (("installs", "--since", "soon"), "since: 'soon' is not a time"),
    ],
)
def test_what_cannot_be_exported_is_refused(cli: Cli, arguments: tuple[str, ...], said: str) -> None:
    ran = cli("export", *arguments)
    assert ran.status == 1
    assert said in ran.stderr


@pytest.mark.parametrize("lines", [0, 1, 7, 100])
def test_lines_beyond_memory_are_sorted_in_runs(monkeypatch: pytest.MonkeyPatch, lines: int) -> None:
    monkeypatch.setattr(sorting, "RUN_LINES", 3)
    keyed = [(at * 37 % 101, b'{"at":%d}' % at) for at in range(lines)]

    async def shuffled() -> AsyncIterator[Keyed]:
        for line in keyed:
            yield line

    async def collected() -> list[bytes]:
        return [line async for line in sorted_lines(shuffled())]

    assert asyncio.run(collected()) == [line for _, line in sorted(keyed)]
