"""`GET /v1/reports`, and that what intake takes is counted."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from forwarder.jobs.pending_matches import LOOK_EVERY_S, match_pending
from ledger.counts import add_counts
from ledger.report import column_names
from ledger.report_agreement import disagreement
from ledger.report_roll_ups import NOTHING, add_up
from ledger.report_zones import reported_apps
from tests.forwarder.api import APP, KEY, OTHER_KEY, Api, opened_api, settings
from tests.ledger.report_history import Visits

pytestmark = pytest.mark.anyio
PAST = datetime.now(UTC) - timedelta(days=40)


@pytest.fixture
async def api(database_url: str, redis_url: str, data_dir: Path) -> AsyncIterator[Api]:
    async with opened_api(settings(database_url, redis_url, data_dir)) as opened:
        await opened.pool.execute("INSERT INTO links (slug, app_id) VALUES ('spring', $1)", APP)
        yield opened


async def get(api: Api, key: str = KEY, **asked: Any) -> httpx.Response:
    return await api.client.get("/v1/reports", params=asked, headers={"Authorization": f"Bearer {key}"})


async def added_up(api: Api) -> None:
    while await add_up(api.pool, datetime.now(UTC)) != NOTHING:
        pass


async def happen(api: Api) -> None:
    """A click, its install, a purchase, a purchase of somebody who came by no ad, and visits."""
    await api.click()
    assert (await api.install())["attributed"]
    await api.install(install_id="i-2", ip="198.51.100.77")
    rows = [
        {"event_id": f"e-{install}", "install_id": install, "name": "purchase", "value": "9.99", "currency": "EUR"}
        for install in ("i-1", "i-2")
    ]
    await api.events(*rows)
    await api.events(*rows)
    begins_s = int(datetime.now(UTC).timestamp()) // 900 * 900
    await add_counts(api.pool, "drain", [Visits(begins_s, 3, "click", "spring", campaign_id="17")])


@pytest.mark.parametrize("roll_ups", [False, True])
async def test_what_intake_took_is_reported(api: Api, roll_ups: bool) -> None:
    await added_up(api)
    await happen(api)
    if roll_ups:
        await added_up(api)
    found = (await get(api, by="campaign")).json()
    [row] = found["rows"]
    assert (row["key"]["campaign_id"], row["link_clicks"], row["installs"], row["events"], row["revenue"]) == (
        "17", 3, 1, 1, 9.99,
    )  # fmt: skip
    assert found["warnings"] == []
    [app, _] = await reported_apps(api.pool)
    today = datetime.now(UTC).date()
    assert app.rolled_up
    assert await disagreement(api.pool, app, today - timedelta(days=1), today) is None
    assert (await get(api, OTHER_KEY)).json()["rows"] == []


async def test_what_is_erased_is_reported_no_longer(api: Api) -> None:
    await added_up(api)
    await happen(api)
    await added_up(api)
    await api.client.delete("/v1/installs/i-1", headers={"Authorization": f"Bearer {KEY}"})
    totals = (await get(api)).json()["totals"]
    assert (totals["installs"], totals["events"], totals["revenue"], totals["link_clicks"]) == (0, 0, 0, 3)


async def test_an_install_that_is_matched_later_counts_from_then_on_with_its_events(
    database_url: str, redis_url: str, data_dir: Path
) -> None:
    away = f"unix://{data_dir}/nobody"
    async with opened_api(settings(database_url, away, data_dir)) as api:
        await added_up(api)
        await api.install()
        await api.events({"event_id": "e", "install_id": "i-1", "name": "purchase", "value": "5", "currency": "EUR"})
        assert (await get(api)).json()["totals"]["installs"] == 0
        async with opened_api(settings(database_url, redis_url, data_dir), fill=False) as back:
            await back.click()
            await match_pending(api.pool, back.store, datetime.now(UTC))
            later = datetime.now(UTC) + timedelta(seconds=LOOK_EVERY_S)
            assert await match_pending(api.pool, back.store, later) == 1
        totals = (await get(api)).json()["totals"]
        assert (totals["installs"], totals["revenue"]) == (1, 5)


async def test_csv_has_what_json_has(api: Api) -> None:
    await happen(api)
    answer = await get(api, by="day,campaign", format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.text, newline=""))
    [told] = (await get(api, by="day,campaign")).json()["rows"]
    flat: dict[str, Any] = {**told["key"], **told}
    assert list(row) == column_names(("day", "campaign"))
    assert row == {name: "" if flat[name] is None else str(flat[name]) for name in row}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"by": "moon"}, "by"),
        ({"by": "day,day"}, "by"),
        ({"by": "day,ad,link"}, "by"),
        ({"by": "hour,country"}, "by"),
        ({"from": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"from": "2026-11-21", "to": "2026-11-20"}, "from"),
        ({"from": "2999-01-01", "to": "2999-01-02"}, "from"),
        ({"to": "2999-01-02"}, "to"),
        ({"from": "2020-01-01", "to": "2021-02-04"}, "from"),
        ({"format": "xlsx"}, "format"),
        ({"by": ["day", "link", "ad"]}, "by"),
        ({"from": ["2026-11-20", "2026-11-21"]}, "from"),
        ({"to": ["2026-11-20", "2026-11-21"]}, "to"),
        ({"format": ["json", "csv"]}, "format"),
    ],
)
async def test_what_cannot_be_asked_is_a_422_that_names_it(api: Api, asked: dict[str, Any], field: str) -> None:
    refused = await get(api, **asked)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, field)


async def test_two_dimensions_may_be_asked_one_by_one(api: Api) -> None:
    await happen(api)
    assert (await get(api, by=["day", "campaign"])).json() == (await get(api, by="day,campaign")).json()


async def test_a_report_of_400_days_is_told(api: Api) -> None:
    assert (await get(api, **{"from": "2020-01-01", "to": "2021-02-03"})).status_code == 200


async def test_without_a_key_nothing_is_told(api: Api) -> None:
    assert (await get(api, key="sp_none")).status_code == 401
