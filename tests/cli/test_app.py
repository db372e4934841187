"""`signalpost app`."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import PUBLIC_URL, Cli, Sql


@pytest.mark.parametrize("secret", ["whsec_c2VjcmV0LXNlY3JldA==", "whsec_c2VjcmV0LXNlY3JldA", "c2VjcmV0LXNlY3JldA"])
def test_superwalls_secret_is_taken_with_and_without_its_padding(cli: Cli, secret: str) -> None:
    app_id = cli("app", "create", "Tea", "--json").value["app_id"]
    assert (
        cli("app", "set", app_id, f"superwall_secret= {secret} ", "--json").value["settings"]["superwall_secret"]
        == "set"
    )


@pytest.mark.parametrize("secret", ["whsec_no base64!", "whsec_==", "whsec_a"])
def test_a_secret_that_is_no_base64_is_refused_by_name(cli: Cli, secret: str) -> None:
    app_id = cli("app", "create", "Tea", "--json").value["app_id"]
    refused = cli("app", "set", app_id, f"superwall_secret={secret}")
    assert refused.status == 1
    assert "superwall_secret" in refused.stderr
    assert secret not in refused.stderr


def test_create_gives_an_id_and_a_key(cli: Cli) -> None:
    created = cli("app", "create", "Tea Timer", "--json").value
    assert set(created) == {"app_id", "api_key"}
    assert created["app_id"].startswith("app_")
    assert created["api_key"].startswith("sp_")


def test_the_key_is_never_shown_again(cli: Cli) -> None:
    created = cli("app", "create", "Tea Timer", "--json").value
    for command in (("app", "list"), ("app", "show", created["app_id"])):
        assert created["api_key"] not in cli(*command).stdout + cli(*command, "--json").stdout


def test_the_key_is_stored_only_hashed_and_encrypted(cli: Cli, sql: Sql) -> None:
    key = cli("app", "create", "Tea Timer", "--json").value["api_key"]
    [row] = sql("SELECT * FROM apps")
    assert key not in repr(row)


def test_show_has_the_fields_of_the_contract(cli: Cli, app_id: str) -> None:
    shown = cli("app", "show", app_id, "--json").value
    assert set(shown) == {"app_id", "name", "settings", "links", "pixels", "created_at"}
    assert (shown["name"], shown["links"], shown["pixels"]) == ("Tea Timer", 0, 0)
    assert shown["settings"]["ios_app_id"] == "1234567890"
    assert shown["settings"]["match_threshold"] == 0.9
    assert shown["settings"]["stripe_signing_secret"] == "not set"


def test_list_counts_links_and_pixels(cli: Cli, app_id: str) -> None:
    cli("link", "create", "--app", app_id)
    cli("pixel", "add", "--app", app_id, "--code", "C1", "--token", "secret-token", "--no-validate")
    listed = cli("app", "list", "--json").value
    assert listed["next"] is None
    [item] = listed["items"]
    assert (item["links"], item["pixels"]) == (1, 1)


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("match_window_hours=48", "match_window_hours", 48),
        ("match_threshold=0.95", "match_threshold", 0.95),
        ("send=attributed", "send", "attributed"),
        ("generate_ttp=false", "generate_ttp", False),
        ("timezone=America/Los_Angeles", "timezone", "America/Los_Angeles"),
        ("currency=EUR", "currency", "EUR"),
        ("refund_event=CancelOrder", "refund_event", "CancelOrder"),
        ("fallback_url=https://example.org/?a=b=c", "fallback_url", "https://example.org/?a=b=c"),
        ("app_schemes=tea, teatimer", "app_schemes", ["tea", "teatimer"]),
        ("name=Coffee", "name", "Coffee"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_set_takes_a_value(cli: Cli, app_id: str, assignment: str, key: str, value: object) -> None:
    shown = cli("app", "set", app_id, assignment, "--json").value
    assert {**shown["settings"], "name": shown["name"]}[key] == value
    assert cli("app", "show", app_id, "--json").value == shown


def test_an_empty_value_goes_back_to_the_default(cli: Cli, app_id: str) -> None:
    cli("app", "set", app_id, "match_window_hours=48", "ios_app_id=")
    shown = cli("app", "set", app_id, "match_window_hours=", "--json").value
    assert (shown["settings"]["match_window_hours"], shown["settings"]["ios_app_id"]) == (24, "")


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("match_window=1", ("match_window", "known are", "match_window_hours")),
        ("match_window_hours=soon", ("match_window_hours", "whole number")),
        ("match_window_hours=0", ("match_window_hours", "1 to 720")),
        ("match_threshold=1.5", ("match_threshold", "0.5 to 1")),
        ("match_threshold=nan", ("match_threshold", "number")),
        ("send=some", ("send", "`all` or `attributed`")),
        ("generate_ttp=perhaps", ("generate_ttp", "`true` or `false`")),
        ("timezone=Mars/Olympus", ("timezone", "IANA")),
        ("timezone=../../etc/passwd", ("timezone", "IANA")),
        ("currency=euro", ("currency", "ISO 4217")),
        ("currency=ZZZ", ("currency", "'ZZZ'", "EUR", "CURRENCY_RATES_FILE")),
        ("ios_app_id=id123", ("ios_app_id", "digits")),
        ("android_package=tea", ("android_package", "com.example.app")),
        ("android_cert_sha256=AB:CD", ("android_cert_sha256", "SHA-256")),
        ("fallback_url=javascript:alert(1)", ("fallback_url", "https://")),
        (f"fallback_url={PUBLIC_URL}/x", ("fallback_url", "PUBLIC_URL")),
        ("name=", ("name", "1 to 100")),
    ],
    ids=lambda value: str(value)[:30],
)
def test_set_refuses_and_names_the_field(cli: Cli, app_id: str, assignment: str, said: tuple[str, ...]) -> None:
    before = cli("app", "show", app_id, "--json").value
    refused = cli("app", "set", app_id, assignment, "--json")
    assert (refused.status, refused.stdout) == (1, "")
    assert all(part in refused.stderr for part in said), refused.stderr
    assert cli("app", "show", app_id, "--json").value == before


@pytest.mark.parametrize("assignments", [("send",), ("=all",), ("send=all", "send=attributed")])
def test_what_is_not_key_and_value_is_wrong_usage(cli: Cli, app_id: str, assignments: tuple[str, ...]) -> None:
    wrong = cli("app", "set", app_id, *assignments, "--json")
    assert (wrong.status, wrong.stdout) == (2, "")
    assert "KEY=VALUE" in wrong.stderr or "given twice" in wrong.stderr


def test_a_currency_that_the_rate_table_converts_is_taken(
    cli: Cli, app_id: str, environment: dict[str, str], tmp_path: Path
) -> None:
    rates = tmp_path / "rates.toml"
    rates.write_text("[rates]\nBGN = 0.55\n")
    assert cli("app", "set", app_id, "currency=BGN").status == 1
    environment["CURRENCY_RATES_FILE"] = str(rates)
    assert cli("app", "set", app_id, "currency=BGN", "--json").value["settings"]["currency"] == "BGN"
    assert cli("app", "set", app_id, "currency=ZZZ").status == 1


def test_one_bad_assignment_keeps_the_good_ones_from_being_stored(cli: Cli, app_id: str) -> None:
    assert cli("app", "set", app_id, "send=attributed", "currency=x").status == 1
    assert cli("app", "show", app_id, "--json").value["settings"]["send"] == "all"


def test_a_secret_setting_is_stored_encrypted_and_shown_as_set(cli: Cli, app_id: str, sql: Sql) -> None:
    ran = cli("app", "set", app_id, "revenuecat_authorization=Bearer hush", "--json")
    assert ran.value["settings"]["revenuecat_authorization"] == "set"
    assert "hush" not in ran.stdout + cli("app", "show", app_id).stdout
    assert "hush" not in json.dumps(sql("SELECT secrets, settings FROM apps"))
    cleared = cli("app", "set", app_id, "revenuecat_authorization=", "--json").value
    assert cleared["settings"]["revenuecat_authorization"] == "not set"


def test_rotate_key_replaces_the_key(cli: Cli, sql: Sql) -> None:
    created = cli("app", "create", "Tea Timer", "--json").value
    [before] = sql("SELECT api_key_hash FROM apps")
    rotated = cli("app", "rotate-key", created["app_id"], "--json").value
    [after] = sql("SELECT api_key_hash FROM apps")
    assert rotated["app_id"] == created["app_id"]
    assert rotated["api_key"] != created["api_key"]
    assert before != after


def test_rotate_key_keeps_the_old_key_for_so_many_hours_and_show_says_until_when(cli: Cli) -> None:
    app_id = cli("app", "create", "Tea Timer", "--json").value["app_id"]
    assert set(cli("app", "rotate-key", app_id, "--json").value) == {"app_id", "api_key"}
    until = cli("app", "rotate-key", app_id, "--keep-old-for", "48", "--json").value["previous_key_until"]
    assert until
    assert cli("app", "show", app_id, "--json").value["previous_key_until"] == until
    refused = cli("app", "rotate-key", app_id, "--keep-old-for", "-1")
    assert (refused.status, refused.stderr[:13]) == (1, "keep_old_for:")


@pytest.mark.parametrize("command", ["show", "rotate-key", "set"])
def test_an_unknown_app_is_refused(cli: Cli, command: str) -> None:
    refused = cli("app", command, "app_none", *(["send=all"] if command == "set" else []))
    assert refused.status == 1
    assert "app_none" in refused.stderr


def test_a_name_of_control_characters_is_refused(cli: Cli) -> None:
    refused = cli("app", "create", "\x1b[31mred")
    assert refused.status == 1
    assert refused.stderr.startswith("name:")


def test_wrong_usage_ends_with_status_2(cli: Cli) -> None:
    assert cli("app", "create").status == 2


def test_without_a_database_one_sentence_says_what_to_do(cli: Cli, environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = ""
    refused = cli("app", "list")
    assert (refused.status, refused.stdout) == (1, "")
    assert refused.stderr.strip() == "no PostgreSQL: set DATABASE_URL or start `signalpost up`"


def test_an_unreachable_database_is_named_without_its_password(cli: Cli, environment: dict[str, str]) -> None:
    environment["DATABASE_URL"] = "postgresql://me:hush@127.0.0.1:9/signalpost"
    refused = cli("app", "list")
    assert refused.status == 1
    assert "DATABASE_URL" in refused.stderr
    assert "hush" not in refused.stderr
