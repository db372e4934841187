"""`signalpost pixel`, with the sandbox in TikTok's place."""

import httpx
import pytest

from tests.cli.conftest import PIXEL_CODE, TOKEN, Cli, Sql


def add(cli: Cli, app_id: str, *options: str, token: str = TOKEN) -> str:
    added = cli("pixel", "add", "--app", app_id, "--code", PIXEL_CODE, "--token", token, *options, "--json")
    found: str = added.value["pixel_id"]
    return found


def test_list_has_the_fields_of_the_contract(cli: Cli, app_id: str) -> None:
    pixel_id = add(cli, app_id, "--no-validate", "--test-event-code", "TEST12345")
    [item] = cli("pixel", "list", "--json").value["items"]
    assert item == {
        "pixel_id": pixel_id,
        "app_id": app_id,
        "code": PIXEL_CODE,
        "name": "",
        "enabled": True,
        "state": "unvalidated",
        "held_reason": "",
        "test_event_code": "TEST12345",
        "token": "set",
        "consent_categories": ["marketing"],
        "send": None,
        "event_names": "current",
        "vbo": {"purchases_7d": 0, "needed": 20, "reached_at": None},
    }


def test_adding_asks_tiktok_with_one_event_under_a_test_event_code(cli: Cli, app_id: str, tiktok: httpx.Client) -> None:
    add(cli, app_id)
    assert cli("pixel", "list", "--json").value["items"][0]["state"] == "ok"
    [sent] = tiktok.get("/_sandbox/events").json()["items"]
    assert sent["event"] == "ViewContent"
    assert sent["test_event_code"].startswith("TEST")


@pytest.mark.parametrize(("code", "token"), [(PIXEL_CODE, "a-wrong-token"), ("C9ANOTHER00000000001", TOKEN)])
def test_a_bad_token_or_foreign_pixel_is_refused_and_not_saved(
    cli: Cli, app_id: str, tiktok: httpx.Client, code: str, token: str
) -> None:
    refused = cli("pixel", "add", "--app", app_id, "--code", code, "--token", token, "--json")
    assert (refused.status, refused.stdout) == (1, "")
    assert refused.stderr.startswith("token: TikTok refuses this token or pixel (40")
    assert token not in refused.stderr
    assert cli("pixel", "list", "--json").value["items"] == []


def test_when_tiktok_does_not_answer_the_way_out_is_named(cli: Cli, app_id: str) -> None:
    refused = cli("pixel", "add", "--app", app_id, "--code", PIXEL_CODE, "--token", TOKEN)
    assert refused.status == 1
    assert "--no-validate" in refused.stderr


def test_the_token_is_never_printed_and_stored_encrypted(cli: Cli, app_id: str, sql: Sql) -> None:
    pixel_id = add(cli, app_id, "--no-validate")
    shown = [cli("pixel", "list"), cli("pixel", "list", "--json"), cli("pixel", "set", pixel_id, "name=Main", "--json")]
    assert not any(TOKEN in ran.stdout + ran.stderr for ran in shown)
    assert TOKEN not in repr(sql("SELECT * FROM pixels"))


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("name=Main pixel", "name", "Main pixel"),
        ("enabled=false", "enabled", False),
        ("test_event_code=TEST1", "test_event_code", "TEST1"),
        ("consent_categories=marketing,analytics", "consent_categories", ["marketing", "analytics"]),
        ("send=attributed", "send", "attributed"),
        ("event_names=legacy", "event_names", "legacy"),
    ],
)
def test_set_takes_a_value(cli: Cli, app_id: str, assignment: str, key: str, value: object) -> None:
    pixel_id = add(cli, app_id, "--no-validate")
    assert cli("pixel", "set", pixel_id, assignment, "--json").value[key] == value
    assert cli("pixel", "list", "--json").value["items"][0][key] == value


def test_settings_that_are_not_named_stay(cli: Cli, app_id: str) -> None:
    pixel_id = add(cli, app_id, "--no-validate")
    cli("pixel", "set", pixel_id, "send=attributed", "event_names=legacy")
    shown = cli("pixel", "set", pixel_id, "send=", "--json").value
    assert (shown["send"], shown["event_names"]) == (None, "legacy")


@pytest.mark.parametrize(
    ("assignment", "said"),
    [
        ("code=C2", "known are"),
        ("event_names=new", "`current` or `legacy`"),
        ("consent_categories=Marketing!", "names such as marketing"),
        ("token=two words", "without spaces"),
        ("token=", "Events API token"),
        ("test_event_code=a b", "TEST12345"),
    ],
)
def test_set_refuses_and_names_the_field(cli: Cli, app_id: str, assignment: str, said: str) -> None:
    pixel_id = add(cli, app_id, "--no-validate")
    refused = cli("pixel", "set", pixel_id, assignment)
    assert refused.status == 1
    assert refused.stderr.startswith(assignment.split("=", maxsplit=1)[0] + ":")
    assert said in refused.stderr


def test_a_new_token_is_asked_about_before_it_is_saved(cli: Cli, app_id: str, tiktok: httpx.Client, sql: Sql) -> None:
    pixel_id = add(cli, app_id)
    [before] = sql("SELECT token_encrypted FROM pixels")
    assert cli("pixel", "set", pixel_id, "token=a-wrong-token").status == 1
    assert sql("SELECT token_encrypted FROM pixels") == [before]
    assert cli("pixel", "set", pixel_id, f"token={TOKEN}").status == 0
    assert sql("SELECT token_encrypted FROM pixels") != [before]


@pytest.mark.parametrize("mend", ["token", "validate"])
def test_a_held_pixel_resumes_once_it_is_mended(
    cli: Cli, app_id: str, tiktok: httpx.Client, sql: Sql, mend: str
) -> None:
    pixel_id = add(cli, app_id)
    sql("UPDATE pixels SET state = 'held', held_reason = 'token revoked', held_since = now()")
    command = ("set", pixel_id, f"token={TOKEN}") if mend == "token" else ("validate", pixel_id)
    assert cli("pixel", *command, "--json").value["state"] == "ok"
    [item] = cli("pixel", "list", "--json").value["items"]
    assert (item["state"], item["held_reason"]) == ("ok", "")


def test_validating_a_pixel_whose_token_is_refused_holds_it(cli: Cli, app_id: str, tiktok: httpx.Client) -> None:
    add(cli, app_id)  # the sandbox knows the code, so another token is refused
    broken = add(cli, app_id, "--no-validate", token="a-wrong-token")
    refused = cli("pixel", "validate", broken, "--json")
    assert (refused.status, refused.stdout) == (1, "")
    item = next(i for i in cli("pixel", "list", "--json").value["items"] if i["pixel_id"] == broken)
    assert item["state"] == "held"
    assert "TikTok refuses" in item["held_reason"]


def test_validating_while_tiktok_is_away_leaves_the_state_as_it_is(cli: Cli, app_id: str) -> None:
    pixel_id = add(cli, app_id, "--no-validate")
    assert cli("pixel", "validate", pixel_id).status == 1
    assert cli("pixel", "list", "--json").value["items"][0]["state"] == "unvalidated"


def test_test_shows_tiktoks_answer(cli: Cli, app_id: str, tiktok: httpx.Client) -> None:
    pixel_id = add(cli, app_id)
    answer = cli("pixel", "test", pixel_id, "--event", "Purchase", "--json").value
    assert (answer["code"], answer["message"], answer["outcome"]) == (0, "OK", "delivered")
    assert answer["request_id"]
    assert tiktok.get("/_sandbox/events").json()["items"][0]["event"] in {"Purchase", "ViewContent"}


def test_test_shows_a_refusal_and_ends_with_status_1(cli: Cli, app_id: str, tiktok: httpx.Client) -> None:
    add(cli, app_id)
    broken = add(cli, app_id, "--no-validate", token="a-wrong-token")
    ran = cli("pixel", "test", broken, "--json")
    assert ran.status == 1
    assert '"outcome":"setup"' in ran.stdout
    assert "TikTok refuses" in ran.stderr


def test_disable_stops_a_pixel(cli: Cli, app_id: str) -> None:
    pixel_id = add(cli, app_id, "--no-validate")
    assert cli("pixel", "disable", pixel_id, "--json").value["enabled"] is False


def test_one_pixel_for_two_apps_is_warned_about(cli: Cli, app_id: str) -> None:
    add(cli, app_id, "--no-validate")
    other = cli("app", "create", "Coffee", "--json").value["app_id"]
    ran = cli("pixel", "add", "--app", other, "--code", PIXEL_CODE, "--token", TOKEN, "--no-validate")
    assert ran.status == 0
    assert f"{app_id} uses this pixel too" in ran.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--app", "app_none", "--code", "C1", "--token", "t"), "app_none"),
        (("--app", "{app}", "--code", "C 1", "--token", "t"), "code:"),
        (("--app", "{app}", "--code", "C1", "--token", "t t"), "token:"),
        (("--app", "{app}", "--code", "C1", "--token", "t", "--test-event-code", "?"), "test_event_code:"),
    ],
)
def test_add_refuses_and_names_the_field(cli: Cli, app_id: str, options: tuple[str, ...], said: str) -> None:
    refused = cli("pixel", "add", "--no-validate", *(option.replace("{app}", app_id) for option in options))
    assert refused.status == 1
    assert said in refused.stderr


def test_an_unknown_pixel_is_refused(cli: Cli) -> None:
    for command in (("validate", "px_none"), ("test", "px_none"), ("disable", "px_none"), ("set", "px_none", "name=x")):
        refused = cli("pixel", *command)
        assert refused.status == 1
        assert "px_none" in refused.stderr
