"""The report's figures."""

import uuid
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ledger.apps import App, AppSettings, insert_app
from ledger.links import StoredLink, insert_link
from ledger.pool import open_pool
from ledger.report import By, ReportQuery, column_names, report
from ledger.report_columns import OTHERS, untold

pytestmark = pytest.mark.anyio

BERLIN = AppSettings(timezone="Europe/Berlin")
# 23:30 in UTC is half past midnight of the next day in Berlin
LATE = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
async def ledger(database_url: str) -> AsyncIterator[Any]:
    pool = await open_pool(database_url, max_size=1)
    yield pool
    await pool.close()


async def an_app(ledger: Any, app_id: str = "app_1", settings: AppSettings = BERLIN) -> None:
    await insert_app(ledger, App(app_id, app_id, settings, app_id.encode(), b"", {}, NOON))
    await insert_link(ledger, StoredLink(f"link-of-{app_id}", app_id, None, None, None))


async def visited(ledger: Any, kind: str, visits: int, hour: datetime = NOON, **ids: str) -> None:
    link, platform = ids.get("link", "link-of-app_1"), ids.get("platform", "ios")
    key = (hour, link, platform, kind, ids.get("campaign_id", ""))
    await ledger.execute(
        """INSERT INTO visit_counts VALUES ($1, $2, $3, $4, $5, '', '', $6)
        ON CONFLICT (begins_at, link, platform, kind, campaign_id, adgroup_id, ad_id)
        DO UPDATE SET visits = visit_counts.visits + excluded.visits""",
        *key, visits,
    )  # fmt: skip
    if "creative_id" in ids:
        await ledger.execute(
            "INSERT INTO creative_visits VALUES ($1, $2, $3, $4, $5, '', '', $6, $7)", *key, ids["creative_id"], visits
        )


async def installed(ledger: Any, at: datetime = NOON, click: dict[str, Any] | None = None, **body: Any) -> str:
    """An install, credited to `click` where one is given."""
    install_id = uuid.uuid4().hex
    await ledger.execute(
        "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method, click_id, click)"
        " VALUES ('app_1', $1, 'ios', $2, $3, $4, $5, $6)",
        install_id,
        at,
        body,
        "referrer" if click else "none",
        uuid.uuid4().hex[:22] if click else None,
        click,
    )
    await happened(ledger, install_id, f"install:{install_id}", "install", at=at)
    return install_id


async def happened(
    ledger: Any, install_id: str, event_id: str, name: str, value: str | None = None, *, at: datetime = NOON
) -> None:
    await ledger.execute(
        "INSERT INTO events (app_id, event_id, name, install_id, occurred_at, value, currency, body, joined)"
        " VALUES ('app_1', $1, $2, $3, $4, $5::text::numeric, $6, '{}', true)",
        event_id,
        name,
        install_id,
        at,
        value,
        "EUR" if value else None,
    )


async def asked(ledger: Any, by: By = "day", first: date | None = None, last: date | None = None) -> dict[str, Any]:
    return await report(ledger, ReportQuery("app_1", (by,), first, last))


async def test_persons_clicks_and_all_other_visits_are_counted_apart(ledger: Any) -> None:
    await an_app(ledger)
    for kind, visits in (("click", 5), ("bot", 3), ("head", 2)):
        await visited(ledger, kind, visits)
    totals = (await asked(ledger))["totals"]
    assert (totals["link_clicks"], totals["visits"]) == (5, 5)


@pytest.mark.parametrize(
    ("ios_url", "android_url", "wrong"),
    [
        ("https://a.example", None, {"android": 2}),
        (None, "https://a.example", {"ios": 3}),
        ("https://a.example", "https://a.example", {}),
        (None, None, {}),
    ],
)
async def test_clicks_of_phones_that_the_link_has_no_url_for_are_of_the_wrong_os(
    ledger: Any, ios_url: str | None, android_url: str | None, wrong: dict[str, int]
) -> None:
    await an_app(ledger)
    await ledger.execute("UPDATE links SET ios_url = $1, android_url = $2", ios_url, android_url)
    for platform, kind, visits in (
        ("ios", "click", 3),
        ("android", "click", 2),
        ("other", "click", 4),
        ("ios", "bot", 9),
    ):
        await ledger.execute(
            "INSERT INTO visit_counts VALUES ($1, 'link-of-app_1', $2, $3, '', '', '', $4)",
            NOON,
            platform,
            kind,
            visits,
        )
    found = await asked(ledger, "platform")
    assert {row["key"]["platform"]: row["wrong_os"] for row in found["rows"] if row["wrong_os"]} == wrong
    assert found["totals"]["wrong_os"] == sum(wrong.values())


async def test_a_day_is_a_day_of_the_apps_time_zone(ledger: Any) -> None:
    await an_app(ledger)
    await visited(ledger, "click", 1, LATE.replace(minute=0))
    await installed(ledger, LATE, {"campaign_id": "42"})
    found = await asked(ledger)
    assert [row["key"] for row in found["rows"]] == [{"day": "2026-11-21"}]
    assert (found["totals"]["link_clicks"], found["totals"]["installs"]) == (1, 1)


async def test_the_first_and_the_last_day_are_included(ledger: Any) -> None:
    await an_app(ledger)
    for day in (19, 20, 21, 22):
        await visited(ledger, "click", day, datetime(2026, 11, day, 12, tzinfo=UTC))
    found = await asked(ledger, first=date(2026, 11, 20), last=date(2026, 11, 21))
    assert [row["key"]["day"] for row in found["rows"]] == ["2026-11-20", "2026-11-21"]
    assert found["totals"]["link_clicks"] == 41


async def test_only_credited_installs_count(ledger: Any) -> None:
    await an_app(ledger)
    await installed(ledger, click={"campaign_id": "42"})
    stranger = await installed(ledger)
    await happened(ledger, stranger, "e-1", "purchase", "9.99")
    totals = (await asked(ledger))["totals"]
    assert (totals["installs"], totals["events"], totals["revenue"]) == (1, 0, 0)
    assert totals["installs_from"] == "signalpost"


async def test_revenue_is_what_was_paid_and_the_install_is_no_event(ledger: Any) -> None:
    await an_app(ledger)
    install_id = await installed(ledger, click={"campaign_id": "42"})
    await happened(ledger, install_id, "e-1", "purchase", "9.99")
    await happened(ledger, install_id, "e-2", "my_own_sale", "0.010001")
    await happened(ledger, install_id, "e-3", "add_to_cart", "500")
    await happened(ledger, install_id, "e-4", "sign_up")
    totals = (await asked(ledger))["totals"]
    assert (totals["events"], totals["revenue"], totals["currency"]) == (4, 10.000001, "EUR")


async def test_amounts_of_another_currency_are_never_added_in(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(currency="USD"))
    install_id = await installed(ledger, click={"campaign_id": "42"})
    await happened(ledger, install_id, "e-1", "purchase", "9.99")
    totals = (await asked(ledger))["totals"]
    assert (totals["revenue"], totals["currency"], totals["revenue_other"]) == (0, "USD", {"EUR": 9.99})


async def test_refunds_of_another_currency_are_never_added_in_and_never_lost(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(currency="USD"))
    install_id = await installed(ledger, click={"campaign_id": "42"})
    await happened(ledger, install_id, "e-1", "rc_refund", "9.99")
    totals = (await asked(ledger))["totals"]
    assert (totals["refunds"], totals["currency"], totals["refunds_other"]) == (0, "USD", {"EUR": 9.99})
    assert untold(totals) == ["EUR"]


async def test_refunds_alone_say_the_currency_where_nothing_else_does(ledger: Any) -> None:
    await an_app(ledger)
    install_id = await installed(ledger, click={"campaign_id": "42"})
    await happened(ledger, install_id, "e-1", "rc_refund", "9.99")
    totals = (await asked(ledger))["totals"]
    assert (totals["refunds"], totals["currency"], totals["refunds_other"]) == (9.99, "EUR", {})


async def test_a_campaign_has_its_id_and_its_name(ledger: Any) -> None:
    await an_app(ledger)
    await visited(ledger, "click", 7, campaign_id="42")
    await installed(ledger, click={"campaign_id": "42"})
    await ledger.execute("INSERT INTO ad_names (kind, id, name) VALUES ('campaign', '42', 'Spring')")
    [row] = (await asked(ledger, "campaign"))["rows"]
    assert row["key"] == {"campaign_id": "42", "campaign_name": "Spring"}
    assert (row["link_clicks"], row["installs"]) == (7, 1)


async def test_a_creative_has_its_clicks_beside_its_installs(ledger: Any) -> None:
    await an_app(ledger)
    await visited(ledger, "click", 7, creative_id="45")
    await visited(ledger, "click", 2)
    await installed(ledger, click={"ad_id": "44", "creative_id": "45"})
    await ledger.execute("INSERT INTO ad_names (kind, id, name) VALUES ('creative', '45', 'Video')")
    rows = (await asked(ledger, "creative"))["rows"]
    assert [(row["key"], row["link_clicks"], row["installs"]) for row in rows] == [
        ({"creative_id": "", "creative_name": None}, 2, 0), ({"creative_id": "45", "creative_name": "Video"}, 7, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("hour", {"hour": "2026-11-20T13:00+01:00"}),
        ("adgroup", {"adgroup_id": "43", "adgroup_name": None}),
        ("ad", {"ad_id": "44", "ad_name": None}),
        ("country", {"country": "DE"}),
        ("platform", {"platform": "ios"}),
        ("link", {"link": "link-of-app_1"}),
    ],
)
async def test_an_install_is_grouped_by(ledger: Any, by: By, key: dict[str, str | None]) -> None:
    await an_app(ledger)
    click = {"adgroup_id": "43", "ad_id": "44", "link": "link-of-app_1"}
    await installed(ledger, click=click, device={"locale": "de-DE"})
    [row] = (await asked(ledger, by))["rows"]
    assert (row["key"], row["installs"]) == (key, 1)


async def test_the_users_own_country_stands_over_the_locales(ledger: Any) -> None:
    await an_app(ledger)
    await installed(ledger, click={"ad_id": "1"}, device={"locale": "en_GB"}, user={"country": "fr"})
    assert [row["key"] for row in (await asked(ledger, "country"))["rows"]] == [{"country": "FR"}]


async def test_another_apps_figures_stay_out(ledger: Any) -> None:
    await an_app(ledger)
    await an_app(ledger, "app_2")
    await visited(ledger, "click", 5, link="link-of-app_2")
    assert (await asked(ledger))["rows"] == []
    everything = await report(ledger, ReportQuery(None, ("link",), None, None))
    assert everything["totals"]["link_clicks"] == 5


async def test_a_division_by_zero_is_none(ledger: Any) -> None:
    await an_app(ledger)
    await visited(ledger, "click", 5)
    totals = (await asked(ledger))["totals"]
    assert [totals[name] for name in ("cpi", "ipm", "cpm", "cpc", "ctr", "cti", "roas")] == [None] * 7


async def test_every_row_has_every_column(ledger: Any) -> None:
    await an_app(ledger)
    await visited(ledger, "click", 5)
    [row] = (await asked(ledger, "ad"))["rows"]
    assert set(column_names(("ad",))) == set(row["key"]) | set(row) - {"key", *OTHERS}


async def test_revenue_is_that_of_the_apps_one_source(ledger: Any) -> None:
    await an_app(ledger)
    install_id = await installed(ledger, click={"link": "link-of-app_1"})
    await happened(ledger, install_id, "a", "purchase", "1")
    for event_id, name in (("b", "rc_one_time"), ("c", "rc_renewal"), ("d", "rc_refund"), ("e", "rc_trial_qualified")):
        await happened(ledger, install_id, event_id, name, "10")
    await ledger.execute("UPDATE events SET source = 'revenuecat' WHERE name LIKE 'rc_%'")
    by_app = (await report(ledger, ReportQuery("app_1", ("day",), None, None)))["totals"]["revenue"]
    await ledger.execute("""UPDATE apps SET settings = '{"revenue_source": "revenuecat"}'""")
    by_platform = (await report(ledger, ReportQuery("app_1", ("day",), None, None)))["totals"]["revenue"]
    assert (by_app, by_platform) == (1, 20)


async def test_trials_are_those_of_the_source_of_revenue_and_registrations_of_any(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(revenue_source="revenuecat"))
    install_id = await installed(ledger, click={"campaign_id": "42", "link": "link-of-app_1"})
    told = (("start_trial", "sdk"), ("rc_trial_started", "revenuecat"), ("sign_up", "sdk"), ("register", "sdk"))
    for name, source in told:
        await happened(ledger, install_id, name, name)
        await ledger.execute("UPDATE events SET source = $2 WHERE name = $1", name, source)
    row = (await report(ledger, ReportQuery("app_1", ("campaign",))))["rows"][0]
    assert (row["trials"], row["registrations"], row["events"]) == (1, 2, 4)
