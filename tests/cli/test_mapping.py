"""`signalpost mapping`."""

import pytest

from config.presets import all_presets
from tests.cli.conftest import Cli
from tiktok.standard_events import DEFAULT_MAPPING


def rows(cli: Cli, app_id: str, *options: str) -> dict[str, str]:
    shown = cli("mapping", "show", "--app", app_id, *options, "--json").value
    return {row["source"]: row["target"] for row in shown["rows"]}


def test_a_new_app_has_the_default_mapping(cli: Cli, app_id: str) -> None:
    shown = cli("mapping", "show", "--app", app_id, "--json").value
    assert shown["pixel_id"] is None
    assert {"source": "install", "target": "Download", "standard": True, "primary": True} in shown["rows"]
    assert {"source": "search", "target": "Search", "standard": True, "primary": False} in shown["rows"]
    assert len(shown["rows"]) == len(DEFAULT_MAPPING)


def test_several_sources_may_have_one_target(cli: Cli, app_id: str) -> None:
    cli("mapping", "set", "--app", app_id, "renewal=Subscribe", "subscribe=Subscribe")
    mapped = rows(cli, app_id)
    assert (mapped["renewal"], mapped["subscribe"]) == ("Subscribe", "Subscribe")


def test_a_blank_target_is_shown_as_not_sent(cli: Cli, app_id: str) -> None:
    shown = cli("mapping", "set", "--app", app_id, "purchase=", "--json").value
    assert {"source": "purchase", "target": "", "standard": False, "primary": True} in shown["rows"]


def test_a_pixels_rows_stand_over_the_apps(cli: Cli, app_id: str) -> None:
    added = cli("pixel", "add", "--app", app_id, "--code", "C1", "--token", "t", "--no-validate", "--json").value
    pixel_id = added["pixel_id"]
    cli("mapping", "set", "--app", app_id, "purchase=Subscribe", "search=ViewContent")
    cli("mapping", "set", "--app", app_id, "--pixel", pixel_id, "purchase=Lead")
    assert (rows(cli, app_id)["purchase"], rows(cli, app_id, "--pixel", pixel_id)["purchase"]) == ("Subscribe", "Lead")
    assert rows(cli, app_id, "--pixel", pixel_id)["search"] == "ViewContent"


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("MyOwnEvent", "custom event, which no campaign can optimise for"),
        ("Checkout", "TikTok reserves the name Checkout"),
        ("ClickButton", "2027"),
    ],
)
def test_a_target_off_the_list_is_taken_with_a_note(cli: Cli, app_id: str, target: str, said: str) -> None:
    ran = cli("mapping", "set", "--app", app_id, f"purchase={target}", "--json")
    assert {"source": "purchase", "target": target, "standard": False, "primary": True} in ran.value["rows"]
    assert said in ran.stderr


def test_the_default_preset_clears_what_was_set(cli: Cli, app_id: str) -> None:
    default = rows(cli, app_id)
    cli("mapping", "set", "--app", app_id, "purchase=", "own=Lead")
    cli("mapping", "preset", "--app", app_id, "app")
    assert rows(cli, app_id) == default


def test_presets_lists_the_default_first(cli: Cli) -> None:
    listed = cli("mapping", "presets", "--json").value
    assert listed["next"] is None
    assert listed["items"][0]["name"] == "app"


def test_the_default_preset_is_the_default_mapping() -> None:
    [default] = [preset for preset in all_presets() if preset.name == "app"]
    assert default.mapping == {row.source: row.target for row in DEFAULT_MAPPING}


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("show", "--app", "app_none"), "app_none"),
        (("preset", "--app", "{app}", "none"), "there are app"),
        (("set", "--app", "{app}", "purchase"), "KEY=VALUE"),
        (("set", "--app", "{app}", "--pixel", "px_none", "purchase=Lead"), "px_none"),
        (("set", "--app", "{app}", f"purchase={'x' * 101}"), "target:"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, app_id: str, command: tuple[str, ...], said: str) -> None:
    refused = cli("mapping", *(part.replace("{app}", app_id) for part in command))
    assert refused.status == 1
    assert said in refused.stderr
