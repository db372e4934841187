"""`signalpost export`: what a backtest reads."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from admin import sorting
from admin.sorting import Keyed, sorted_lines
from backtest.lines import click_of, install_of
from backtest.visit_reader import RecordedVisitReader, click_id_of
from clicks.batch import Batch, Row
from clicks.connection import connect
from clicks.store import ClickStore
from config.secrets import load_keyring
from tests.cli.conftest import Cli, Sql
from tests.cli.shell import ended
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
    lines[0]["query"] = "ad_id=8&ad_name=Cut&ad_id_v2=7&ad_name_v2=Spring&campaign_id=1&campaign_name=__CAMPAIGN_NAME__"
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


OF_AD = {"ad_id": "7", "ad_name": "Spring", "creative_id": "8", "creative_name": "Cut", "campaign_id": "1"}


def lines_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def as_times(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line | {"clicked_at": datetime.fromisoformat(line["clicked_at"])} for line in lines]


def test_clicks_come_out_by_time_as_they_were_recorded(cli: Cli, recorded: list[dict[str, Any]]) -> None:
    ran = cli("export", "clicks")
    assert ran.status == 0, ran.stderr
    assert as_times(lines_of(ran.stdout)) == as_times([recorded[0] | OF_AD, *recorded[1:]])
    assert click_of(ran.stdout.splitlines()[0].encode()).query == recorded[0]["query"]


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


@pytest.fixture
def taken(app_id: str, sql: Sql) -> str:
    """Three events of two days and a delivery, and an event of another app."""
    sql("INSERT INTO apps (app_id, name, api_key_hash, api_key_encrypted) VALUES ('other', 'B', 'B', '')")
    sql("INSERT INTO pixels (pixel_id, app_id, code, token_encrypted) VALUES ('p', $1, 'C', '')", app_id)
    for number, (app, at) in enumerate(
        (
            (app_id, "2026-11-20T23:59:59.5Z"),
            (app_id, "2026-11-20T10:00Z"),
            (app_id, "2026-11-21T00:00Z"),
            ("other",) * 2,
        )
    ):
        sql(
            "INSERT INTO events (app_id, event_id, name, occurred_at, value, currency, body) VALUES"
            " ($1, $2, 'purchase', $3::text::timestamptz, 0.1, 'EUR',"
            """ '{"properties": {"order_id": "o"}, "user": {}}')""",
            app, f"e{number}", "2026-11-20T10:00Z" if at == "other" else at,
        )  # fmt: skip
    sql(
        "INSERT INTO deliveries (app_id, pixel_id, event_key, event_id, source_event_id, source_event, target_event,"
        " state, created_at, payload) SELECT app_id, 'p', event_key, 'x', event_id, name, 'Purchase', 'delivered',"
        " '2026-11-20T10:00Z', 'secret' FROM events WHERE event_id = 'e1'"
    )
    return app_id


def test_events_and_deliveries_are_exported_by_time(cli: Cli, taken: str) -> None:
    events = [json.loads(line) for line in cli("export", "events", "--app", taken).stdout.splitlines()]
    assert [event["event_id"] for event in events] == ["e1", "e0", "e2"]
    assert events[0] == {
        "app_id": taken, "event_id": "e1", "at": "2026-11-20T10:00:00Z", "received_at": events[0]["received_at"],
        "source": "sdk", "name": "purchase", "value": 0.1, "currency": "EUR", "joined": False, "flags": [],
        "properties": {"order_id": "o"},
    }  # fmt: skip
    [delivery] = [json.loads(line) for line in cli("export", "deliveries", "--app", taken).stdout.splitlines()]
    assert (delivery["source_event_id"], delivery["state"]) == ("e1", "delivered")
    assert "secret" not in json.dumps(delivery)


def test_parquet_has_a_row_group_a_day_and_exact_money(cli: Cli, taken: str, tmp_path: Path) -> None:
    out = tmp_path / "events.parquet"
    assert cli("export", "events", "--app", taken, "--format", "parquet", "--out", str(out)).status == 0
    file = parquet.ParquetFile(out)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [2, 1]
    schema = file.schema_arrow
    assert (str(schema.field("value").type), str(schema.field("at").type)) == (
        "decimal128(38, 9)", "timestamp[ms, tz=UTC]",
    )  # fmt: skip
    rows = file.read().to_pylist()
    assert [row["event_id"] for row in rows] == ["e1", "e0", "e2"]
    assert (rows[0]["value"], rows[1]["at"].isoformat()) == (Decimal("0.1"), "2026-11-20T23:59:59.500000+00:00")
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("what", ["clicks", "installs", "events", "deliveries"])
def test_a_parquet_file_of_nothing_has_its_schema(
    cli: Cli, app_id: str, what: str, tmp_path: Path, redis_url: str
) -> None:
    out = tmp_path / "none.parquet"
    cli("export", what, "--app", app_id, "--format", "parquet", "--out", str(out))
    file = parquet.ParquetFile(out)
    assert (file.metadata.num_rows, file.schema_arrow.names[0]) == (0, "app_id")


def test_clicks_come_as_parquet_too(cli: Cli, app_id: str, recorded: list[dict[str, Any]], tmp_path: Path) -> None:
    out = tmp_path / "clicks.parquet"
    cli("export", "clicks", "--format", "parquet", "--out", str(out))
    rows = parquet.read_table(out).to_pylist()
    assert [row["click_id"] for row in rows] == [click["click_id"] for click in recorded]
    assert {name: rows[0][name] for name in (*OF_AD, "campaign_name")} == OF_AD | {"campaign_name": None}
    assert json.loads(rows[-1]["enrichment"]) == {"timezone": "Europe/Berlin"}


@pytest.mark.parametrize(("options", "status"), [((), 2), (("--out", "/nowhere/at/all.parquet"), 1)])
def test_a_parquet_file_that_cannot_be_is_refused(cli: Cli, app_id: str, options: tuple[str, ...], status: int) -> None:
    refused = cli("export", "events", "--format", "parquet", *options)
    assert (refused.status, refused.stdout) == (status, "")
    assert "out" in refused.stderr


def test_installs_have_the_ad_and_the_creative_of_their_click(cli: Cli, sql: Sql, app_id: str, tmp_path: Path) -> None:
    sql(
        "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click_id, click)"
        " VALUES ($1, 'i', 'ios', $2, '{}', 'referrer', 'c', $3)",
        app_id, NOW - timedelta(hours=1), OF_AD,
    )  # fmt: skip
    out = tmp_path / "installs.parquet"
    cli("export", "installs", "--format", "parquet", "--out", str(out))
    [row] = parquet.read_table(out).to_pylist()
    assert {name: row[name] for name in OF_AD} == OF_AD


@pytest.mark.parametrize("form", ["ndjson", "parquet"])
def test_a_disk_that_is_full_in_the_middle_is_refused(
    environment: dict[str, str], taken: str, sql: Sql, form: str
) -> None:
    sql(
        "INSERT INTO events (app_id, event_id, occurred_at, name, body)"
        " SELECT $1, i::text, $2::timestamptz - i * interval '1 day', repeat('x', 20000), '{}'"
        " FROM generate_series(1, 60) i",
        taken, NOW,
    )  # fmt: skip
    full = ended(environment, f"signalpost export events --format {form} --out /dev/full")
    assert (full.returncode, full.stdout) == (1, b"")
    assert full.stderr.decode().startswith("out: /dev/full cannot be written: ")


def test_an_export_that_fails_leaves_the_one_before(
    cli: Cli, taken: str, environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "clicks.ndjson"
    out.write_text("yesterday's")
    environment["REDIS_URL"] = "redis://127.0.0.1:9"
    assert cli("export", "clicks", "--app", taken, "--out", str(out)).status == 1
    assert {one.name: one.read_text() for one in tmp_path.iterdir() if one.is_file()} == {out.name: "yesterday's"}
