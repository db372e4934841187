"""TikTok's side of a report: every sum once, in the right place, in one currency."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.apps import AppSettings
from ledger.local_time import day_begins
from ledger.pool import open_pool
from ledger.report import By, ReportQuery, report
from tests.ledger.ad_rows import ad, advertiser, spent, spent_in_country, spent_in_hour
from tests.ledger.test_report import BERLIN, an_app, happened, installed, visited
from tests.ledger.test_report import ledger as ledger  # noqa: PLC0414 - the fixture

pytestmark = pytest.mark.anyio
DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
CLICK = {"campaign_id": "c1", "adgroup_id": "g1", "ad_id": "a1", "link": "link-of-app_1"}


async def asked(ledger: Any, *by: By, app_id: str | None = "app_1", **period: date) -> dict[str, Any]:
    return await report(ledger, ReportQuery(app_id, by, period.get("first"), period.get("last")), by_table)


def by_table(amount: Decimal, currency: str, wanted: str) -> Decimal | None:
    rates = {("GBP", "EUR"): Decimal("1.2")}
    return amount if currency == wanted else amount * rates[currency, wanted] if (currency, wanted) in rates else None


async def test_every_formula(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "50", impressions=20_000, clicks=400)
    for number in range(8):
        install_id = await installed(ledger, click=CLICK)
        await happened(ledger, install_id, f"e{number}", "purchase", "12.50")
    totals = (await asked(ledger, "day"))["totals"]
    assert {name: totals[name] for name in ("spend", "impressions", "clicks", "installs", "revenue")} == {
        "spend": 50, "impressions": 20_000, "clicks": 400, "installs": 8, "revenue": 100
    }  # fmt: skip
    assert {name: totals[name] for name in ("cpi", "ipm", "cpm", "cpc", "ctr", "cti", "roas")} == {
        "cpi": 6.25, "ipm": 0.4, "cpm": 2.5, "cpc": 0.125, "ctr": 0.02, "cti": 0.02, "roas": 2
    }  # fmt: skip


async def test_spend_stands_beside_what_it_brought(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await ad(ledger, name="Teapot", link="link-of-app_1")
    await spent(ledger, DAY, "7.5")
    await visited(ledger, "click", 3, campaign_id="c1")
    await installed(ledger, click=CLICK)
    for by, key in (
        (("day",), {"day": "2026-11-20"}),
        (("campaign",), {"campaign_id": "c1", "campaign_name": None}),
        (("ad", "day"), {"ad_id": "a1", "ad_name": "Teapot", "day": "2026-11-20"}),
        (("link",), {"link": "link-of-app_1"}),
    ):
        rows = [row for row in (await asked(ledger, *by))["rows"] if row["spend"]]  # type: ignore[arg-type]
        assert [(row["key"], row["spend"], row["installs"]) for row in rows] == [(key, 7.5, 1)]


async def test_a_totals_ratio_is_of_the_sums(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "1", "a1", impressions=1000, clicks=1)
    await spent(ledger, DAY, "1", "a2", impressions=1000, clicks=99)
    assert (await asked(ledger, "ad"))["totals"]["cpc"] == 0.02


async def test_tiktoks_count_stands_in_for_ours_where_we_have_none(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    said = {"conversions": "4", "purchases": "2", "purchase_value": "30.5"}
    await spent(ledger, DAY, "10", "a1", **said)
    await spent(ledger, DAY, "10", "a2", **said)
    install_id = await installed(ledger, click=CLICK)
    await happened(ledger, install_id, "e", "purchase", "5")
    ours, theirs = (await asked(ledger, "ad"))["rows"]
    assert (ours["installs"], ours["installs_from"], ours["revenue"], ours["revenue_from"]) == (
        1, "signalpost", 5, "signalpost",
    )  # fmt: skip
    assert (theirs["installs"], theirs["installs_from"], theirs["revenue"], theirs["revenue_from"]) == (
        4, "tiktok", 30.5, "tiktok",
    )  # fmt: skip
    assert (theirs["cpi"], theirs["roas"]) == (2.5, 3.05)
    assert [row["tiktok_installs"] for row in (ours, theirs)] == [4, 4]


async def test_what_tiktok_keeps_to_itself_is_not_zero(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "10")
    totals = (await asked(ledger, "day"))["totals"]
    assert [totals[name] for name in ("tiktok_installs", "tiktok_purchases", "tiktok_revenue")] == [None] * 3
    assert (totals["installs"], totals["installs_from"]) == (0, "signalpost")


async def test_cost_and_value_are_converted_alike(ledger: Any) -> None:
    """features.md, trap 40: ROAS was wrong by the rate where one of the two was converted."""
    await an_app(ledger, settings=AppSettings(timezone="Europe/Berlin", currency="EUR"))
    await advertiser(ledger, currency="GBP")
    await spent(ledger, DAY, "10", purchase_value="20", purchases="1")
    totals = (await asked(ledger, "day"))["totals"]
    assert (totals["currency"], totals["spend"], totals["revenue"], totals["roas"]) == ("EUR", 12, 24, 2)


async def test_what_has_no_rate_is_never_added_in(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(timezone="Europe/Berlin", currency="EUR"))
    await advertiser(ledger, currency="JPY")
    await spent(ledger, DAY, "1000")
    install_id = await installed(ledger, click=CLICK)
    await happened(ledger, install_id, "e", "purchase", "5")
    totals = (await asked(ledger, "day"))["totals"]
    assert (totals["spend"], totals["spend_other"], totals["revenue"], totals["roas"]) == (0, {"JPY": 1000}, 5, None)


async def test_a_ratio_of_what_has_no_rate_is_not_told(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(timezone="Europe/Berlin", currency="EUR"))
    await advertiser(ledger, currency="JPY")
    await spent(ledger, DAY, "1000", impressions=100, clicks=10, conversions="2", purchase_value="900", purchases="1")
    totals = (await asked(ledger, "day"))["totals"]
    assert [totals[name] for name in ("cpi", "cpm", "cpc", "roas", "tiktok_revenue")] == [None] * 5
    assert (totals["ipm"], totals["ctr"], totals["cti"], totals["revenue_from"]) == (20, 0.1, 0.2, "signalpost")


async def test_the_return_on_what_was_paid_without_a_rate_is_not_told(ledger: Any) -> None:
    await an_app(ledger, settings=AppSettings(timezone="Europe/Berlin", currency="GBP"))
    await advertiser(ledger, currency="GBP")
    await spent(ledger, DAY, "10", purchase_value="40", purchases="1")
    install_id = await installed(ledger, click=CLICK)
    await happened(ledger, install_id, "e", "purchase", "5")
    totals = (await asked(ledger, "day"))["totals"]
    assert (totals["revenue"], totals["roas"], totals["tiktok_revenue"], totals["cpi"]) == (0, None, 40, 10)
    await happened(ledger, install_id, "f", "purchase", "5")
    await ledger.execute("UPDATE events SET currency = 'GBP' WHERE event_id = 'f'")
    totals = (await asked(ledger, "day"))["totals"]
    assert (totals["revenue"], totals["roas"], totals["revenue_other"]) == (5, 0.5, {"EUR": 5})


async def test_without_a_setting_the_report_is_in_the_advertisers_currency(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger, currency="GBP")
    await spent(ledger, DAY, "10")
    install_id = await installed(ledger, click=CLICK)
    await happened(ledger, install_id, "e", "purchase", "5")
    totals = (await asked(ledger, "day"))["totals"]
    assert (totals["currency"], totals["spend"], totals["revenue_other"]) == ("GBP", 10, {"EUR": 5})


async def test_an_ad_of_a_shared_advertiser_is_the_apps_whose_link_it_leads_to(ledger: Any) -> None:
    for app_id in ("app_1", "app_2"):
        await an_app(ledger, app_id)
    await advertiser(ledger, "app_1")
    await advertiser(ledger, "app_2", selected_at=datetime(2026, 11, 21, tzinfo=UTC))
    for number, link in enumerate(("link-of-app_1", "link-of-app_2", "")):
        await ad(ledger, f"a{number}", link=link)
    for number, amount in enumerate(("1", "10", "100")):
        await spent(ledger, DAY, amount, f"a{number}")
    await spent(ledger, DAY, "1000", "")
    assert [(await asked(ledger, "day", app_id=app))["totals"]["spend"] for app in ("app_1", "app_2", None)] == [
        1101, 10, 1111,
    ]  # fmt: skip


async def test_platform_is_that_of_an_ad_group_for_one_system_alone(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    for adgroup_id, systems in (("g1", ["IOS"]), ("g2", ["ANDROID", "IOS"])):
        await ledger.execute(
            "INSERT INTO adgroups (advertiser_id, adgroup_id, campaign_id, operating_systems, seen_at)"
            " VALUES ('adv', $1, 'c1', $2, now())", adgroup_id, systems,
        )  # fmt: skip
        await spent(ledger, DAY, "1", f"a-{adgroup_id}", adgroup_id=adgroup_id)
    rows = (await asked(ledger, "platform"))["rows"]
    assert [(row["key"]["platform"], row["spend"]) for row in rows] == [("ios", 1), (None, 1)]


async def test_what_no_country_is_known_of_stands_under_none(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "10")
    await spent_in_country(ledger, DAY, "DE", "6.5")
    found = await asked(ledger, "country")
    assert [(row["key"]["country"], row["spend"]) for row in found["rows"]] == [("DE", 6.5), (None, 3.5)]
    assert found["totals"]["spend"] == 10


async def test_what_a_day_has_beyond_its_hours_is_in_no_hour(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "10")
    await spent_in_hour(ledger, DAY, datetime(2026, 11, 20, 9, tzinfo=UTC), "6")
    found = await asked(ledger, "hour")
    assert [(row["key"]["hour"], row["spend"]) for row in found["rows"]] == [("2026-11-20T10:00+01:00", 6), (None, 4)]


async def test_an_evenings_spend_is_the_next_days_where_the_app_is(ledger: Any) -> None:
    """features.md, trap 41: a range cut in another zone than the account's."""
    await an_app(ledger, settings=AppSettings(timezone="Asia/Tokyo"))
    await advertiser(ledger)
    await spent(ledger, DAY, "10")
    await spent_in_hour(ledger, DAY, datetime(2026, 11, 20, 9, tzinfo=UTC), "6")
    await spent_in_hour(ledger, DAY, datetime(2026, 11, 20, 20, tzinfo=UTC), "3")
    rows = (await asked(ledger, "day"))["rows"]
    assert [(row["key"]["day"], row["spend"]) for row in rows] == [("2026-11-20", 7), ("2026-11-21", 3)]
    one_day = await asked(ledger, "campaign", first=DAY + timedelta(days=1), last=DAY + timedelta(days=1))
    assert one_day["totals"]["spend"] == 3


@pytest.mark.parametrize(
    ("by", "reach", "total"),
    [
        (("day",), [50], 50),
        (("campaign",), [40], 50),
        (("ad",), [30, 25], 50),
        (("ad", "day"), [30, 25], 50),
        (("platform",), [None], 50),
        (("campaign", "ad"), [None, None], 50),
    ],
)
async def test_reach_is_never_added_up(ledger: Any, by: tuple[By, ...], reach: list[int], total: int) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    await spent(ledger, DAY, "1", "a1", reach=30)
    await spent(ledger, DAY, "1", "a2", reach=25)
    for level, entity_id, people in (("advertiser", "adv", 50), ("campaign", "c1", 40)):
        await ledger.execute("INSERT INTO reach_days VALUES ('adv', $1, $2, $3, $4)", DAY, level, entity_id, people)
    found = await asked(ledger, *by, first=DAY, last=DAY)
    assert ([row["reach"] for row in found["rows"]], found["totals"]["reach"]) == (reach, total)


async def test_reach_of_several_days_is_unknown(ledger: Any) -> None:
    await an_app(ledger)
    await advertiser(ledger)
    for day in (DAY, DAY + timedelta(days=1)):
        await spent(ledger, day, "1", reach=30)
    found = await asked(ledger, "ad", first=DAY, last=DAY + timedelta(days=1))
    assert [row["reach"] for row in found["rows"]] == [None]
    by_day = await asked(ledger, "day", "ad")
    assert [row["reach"] for row in by_day["rows"]] == [30, 30]


ZONES = st.sampled_from(
    ["Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
FIRST = date(2026, 10, 23)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zones=st.tuples(ZONES, ZONES),
    hours=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 22), st.integers(1, 99)), max_size=12),
    countries=st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["DE", "FR"]), st.integers(1, 9)), max_size=5),
)
def test_however_it_is_cut_the_sum_is_the_same(
    database_url: str, zones: tuple[str, str], hours: list[tuple[int, int, int]], countries: list[tuple[int, str, int]]
) -> None:
    async def cut() -> None:
        pool = await open_pool(database_url, 2)
        for table in ("ad_days", "ad_hours", "ad_country_days", "advertisers", "links", "report_zones", "apps"):
            await pool.execute(f"DELETE FROM {table}")  # noqa: S608
        await an_app(pool, settings=AppSettings(timezone=zones[0]))
        await advertiser(pool, timezone=zones[1])
        for number in range(7):
            await spent(pool, FIRST + timedelta(days=number), "1000.01")
        for number, hour, amount in {(n, h): (n, h, a) for n, h, a in hours}.values():
            day = FIRST + timedelta(days=number)
            await spent_in_hour(pool, day, day_begins(zones[1], day) + timedelta(hours=hour), str(amount))
        for number, country, amount in {(n, c): (n, c, a) for n, c, a in countries}.values():
            await spent_in_country(pool, FIRST + timedelta(days=number), country, str(amount))
        cuts: tuple[tuple[By, ...], ...] = (("day",), ("hour",), ("country",), ("campaign",), ("day", "hour"))
        for by in cuts:
            found = await asked(pool, *by)
            assert round(sum(row["spend"] for row in found["rows"]), 6) == found["totals"]["spend"] == 7000.07
        parts = Decimal(0)
        for offset in range(-3, 10):
            day = FIRST + timedelta(days=offset)
            of_day = [(await asked(pool, by, first=day, last=day))["totals"]["spend"] for by in ("day", "hour", "ad")]
            assert len(set(of_day)) == 1, day
            parts += Decimal(str(of_day[0]))
        assert parts == Decimal("7000.07")
        await pool.close()

    asyncio.run(cut())


async def test_spend_is_of_the_days_asked_for(ledger: Any) -> None:
    await an_app(ledger, settings=BERLIN)
    await advertiser(ledger)
    for number in range(3):
        await spent(ledger, DAY + timedelta(days=number), str(10**number))
    found = await asked(ledger, "campaign", first=DAY + timedelta(days=1), last=DAY + timedelta(days=1))
    assert found["totals"]["spend"] == 10
