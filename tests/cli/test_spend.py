"""`signalpost tiktok sync` and `check`, against the sandbox and a real ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.secrets import load_keyring
from ledger.grants import access_record
from tests.account_sandbox import TEA, AccountSandbox, account_sandbox, advertiser
from tests.cli.conftest import PUBLIC_URL, Cli, Sql
from tiktok.macros import signal_link_url

SECRET = "a-secret-key-of-the-tests-0123456789"
AD = "1800000000000003"
TODAY = datetime.now(UTC).date()


@pytest.fixture
def sandbox(environment: dict[str, str]) -> Iterator[AccountSandbox]:
    with account_sandbox() as running:
        environment |= {"TIKTOK_API_URL": running.url, "SECRET_KEY": SECRET}
        yield running


@pytest.fixture
def app_id(cli: Cli, sql: Sql, sandbox: AccountSandbox, data_dir: Path) -> str:
    """An app that is connected, with its advertiser chosen."""
    app: str = cli("app", "create", "Tea", "--json").value["app_id"]
    token = load_keyring(SECRET, data_dir).encrypt(sandbox.grant(), access_record(app))
    sql(
        "INSERT INTO tiktok_grants (app_id, access_token_encrypted, connected_at, checked_at, probe_at) "
        "VALUES ($1, $2, now(), now(), now() + interval '1 day')",
        app, token,
    )  # fmt: skip
    sql(
        "INSERT INTO advertisers (app_id, advertiser_id, name, currency, timezone, selected, selected_at, seen_at) "
        "VALUES ($1, $2, 'Tea', 'EUR', 'UTC', true, now(), now())",
        app, TEA,
    )  # fmt: skip
    return app


def campaign(url: str, **adgroup: Any) -> dict[str, Any]:
    ads = [{"ad_id": AD, "ad_name": "Video", "landing_page_url": url}]
    group = {
        "adgroup_id": "1800000000000002", "adgroup_name": "Group", "optimization_event": "SHOPPING",
        "operating_systems": ["IOS"], "ads": ads, "more": {"placements": ["PLACEMENT_TIKTOK"]}, **adgroup,
    }  # fmt: skip
    return {"campaign_id": "1800000000000001", "campaign_name": "Spring", "adgroups": [group]}


def row(days_ago: int, spend: str) -> dict[str, Any]:
    hour = f"{TODAY - timedelta(days=days_ago)} 00:00:00"
    return {"ad_id": AD, "hour": hour, "spend": spend, "impressions": 100, "clicks": 3}


def test_a_sync_says_what_it_pulled_and_a_second_one_changes_nothing(
    cli: Cli, sql: Sql, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(display_timezone="UTC", campaigns=[campaign("")], spend=[row(2, "1.25"), row(40, "7.5")]))
    found = cli("tiktok", "sync", "--app", app_id, "--json").value
    assert found == {
        "pulled_rows": found["pulled_rows"], "changed_rows": found["pulled_rows"],
        "from": str(TODAY - timedelta(days=7)), "to": str(TODAY),
    }  # fmt: skip
    assert found["pulled_rows"] >= 2  # the day and its hour
    assert cli("tiktok", "sync", "--app", app_id, "--json").value["changed_rows"] == 0
    (stored,) = sql("SELECT day, spend FROM ad_days")
    assert (stored["day"], str(stored["spend"])) == (TODAY - timedelta(days=2), "1.25")


def test_a_sync_of_a_range_reads_its_days_and_no_others(
    cli: Cli, sql: Sql, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(display_timezone="UTC", campaigns=[campaign("")], spend=[row(2, "1"), row(390, "7.5")]))
    first, last = TODAY - timedelta(days=399), TODAY - timedelta(days=3)
    found = cli("tiktok", "sync", "--app", app_id, "--from", str(first), "--to", str(last), "--json").value
    assert (found["from"], found["to"]) == (str(first), str(last))
    assert [one["spend"] for one in sql("SELECT spend FROM ad_days")] == [Decimal("7.5")]


def test_a_long_pull_shows_on_a_terminal_how_far_it_is_and_stdout_stays_the_answers(
    cli: Cli, sandbox: AccountSandbox, app_id: str, environment: dict[str, str]
) -> None:
    sandbox.load(advertiser(display_timezone="UTC"))
    environment["FORCE_COLOR"] = "1"  # what makes rich take anything for a terminal
    long, short = TODAY - timedelta(days=99), TODAY - timedelta(days=1)
    ran = cli("tiktok", "sync", "--app", app_id, "--from", str(long), "--json")
    assert "days of spend" in ran.stderr
    assert "100/100" in ran.stderr
    assert ran.value["from"] == str(long)
    assert "days of spend" not in cli("tiktok", "sync", "--app", app_id, "--from", str(short), "--json").stderr


@pytest.mark.parametrize(
    ("days", "said"),
    [
        (("--from", TODAY, "--to", TODAY - timedelta(days=1)), "from: "),
        (("--to", TODAY + timedelta(days=2)), "to: "),
        (("--from", TODAY + timedelta(days=2)), "from: "),
        (("--from", TODAY - timedelta(days=400), "--to", TODAY), "from: "),
        (("--from", "yesterday"), "from: "),
        (("--to", "2026-02-30"), "to: "),
    ],
)
def test_days_that_cannot_be_are_refused_by_their_name_and_nothing_is_asked(
    cli: Cli, sandbox: AccountSandbox, app_id: str, days: tuple[Any, ...], said: str
) -> None:
    ran = cli("tiktok", "sync", "--app", app_id, *map(str, days))
    assert ran.status == 2
    assert said in ran.stderr
    assert sandbox.paths() == []


def test_an_app_that_is_not_connected_is_told_how_to(cli: Cli, sandbox: AccountSandbox) -> None:
    app: str = cli("app", "create", "Tea", "--json").value["app_id"]
    ran = cli("tiktok", "sync", "--app", app)
    assert (ran.status, "signalpost tiktok connect" in ran.stderr) == (1, True)


def test_what_tiktok_refuses_is_told_in_its_words(cli: Cli, sandbox: AccountSandbox, app_id: str) -> None:
    sandbox.load(advertiser())
    sandbox.client.post("/_sandbox/tokens/revoke", json={"token": "an-access-token-0123456789abcdef"})
    ran = cli("tiktok", "sync", "--app", app_id)
    assert ran.status == 1
    assert "40105" in ran.stderr
    assert "an-access-token" not in ran.stderr + ran.stdout
    assert cli("tiktok", "sync", "--app", app_id).status == 1  # and the lease was given back


def test_a_sync_while_the_worker_is_at_it_waits_for_its_turn(
    cli: Cli, sql: Sql, sandbox: AccountSandbox, app_id: str
) -> None:
    sandbox.load(advertiser(display_timezone="UTC"))
    sql(
        "INSERT INTO spend_progress (advertiser_id, due_at, lease, lease_ends_at) "
        "VALUES ($1, now(), 'worker', now() + interval '1 second')",
        TEA,
    )
    assert cli("tiktok", "sync", "--app", app_id).status == 0


def test_a_check_names_what_is_wrong_and_the_way_out(cli: Cli, sandbox: AccountSandbox, app_id: str) -> None:
    link = cli("link", "create", "--app", app_id, "--slug", "spring", "--json").value
    assert link["url"] == signal_link_url(PUBLIC_URL, "spring")
    sandbox.load(advertiser(campaigns=[campaign(link["url"])]))
    cli("tiktok", "sync", "--app", app_id)
    assert cli("tiktok", "check", "--app", app_id, "--json").value["items"] == []
    sandbox.load(advertiser(campaigns=[campaign("https://tea.example/", operating_systems=[])]))
    cli("tiktok", "sync", "--app", app_id)
    items = cli("tiktok", "check", "--app", app_id, "--json").value["items"]
    assert [(item["code"], item["level"], item["name"]) for item in items] == [
        ("both_systems", "adgroup", "Group"),
        ("landing_not_a_link", "ad", "Video"),
    ]
    assert all(item["message"] and item["fix"] for item in items)


def test_of_an_ad_account_of_two_apps_each_is_warned_of_its_own_ads(
    cli: Cli, sql: Sql, sandbox: AccountSandbox, app_id: str
) -> None:
    other: str = cli("app", "create", "Coffee", "--json").value["app_id"]
    assert cli("app", "set", other, "domains=coffee.example.com").status == 0
    cli("link", "create", "--app", other, "--slug", "summer")
    url = signal_link_url("https://coffee.example.com", "summer")
    sandbox.load(advertiser(campaigns=[campaign(url, operating_systems=[])]))
    cli("tiktok", "sync", "--app", app_id)
    assert len(cli("tiktok", "check", "--app", app_id, "--json").value["items"]) == 2
    sql(
        "INSERT INTO advertisers (app_id, advertiser_id, name, timezone, selected, selected_at, seen_at) "
        "VALUES ($1, $2, 'Tea', 'UTC', true, now(), now())",
        other, TEA,
    )  # fmt: skip
    assert cli("tiktok", "check", "--app", app_id, "--json").value["items"] == []


def test_an_event_that_is_mapped_under_its_old_name_is_the_one_ad_groups_optimise_for(
    cli: Cli, sandbox: AccountSandbox, app_id: str
) -> None:
    """TikTok takes CompletePayment as Purchase."""
    link = cli("link", "create", "--app", app_id, "--slug", "spring", "--json").value
    sandbox.load(advertiser(campaigns=[campaign(link["url"])]))
    cli("tiktok", "sync", "--app", app_id)
    mapped = cli("mapping", "show", "--app", app_id, "--json").value["rows"]
    old = [f"{row['source']}=CompletePayment" for row in mapped if row["target"] == "Purchase"]
    assert cli("mapping", "set", "--app", app_id, *old).status == 0
    assert cli("tiktok", "check", "--app", app_id, "--json").value["items"] == []


def test_an_ad_knows_its_signal_link(cli: Cli, sql: Sql, sandbox: AccountSandbox, app_id: str) -> None:
    link = cli("link", "create", "--app", app_id, "--slug", "spring", "--json").value
    sandbox.load(advertiser(campaigns=[campaign(link["url"])]))
    cli("tiktok", "sync", "--app", app_id)
    assert [one["link"] for one in sql("SELECT link FROM ads")] == ["spring"]
