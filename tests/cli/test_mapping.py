"""`signalpost mapping`."""

import pytest

from ledger.default_mapping import DEFAULT_MAPPING
from tests.cli.conftest import Cli


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


def test_a_preset_loads_its_table_and_the_next_one_replaces_it(cli: Cli, app_id: str) -> None:
    default = rows(cli, app_id)
    cli("mapping", "preset", "--app", app_id, "retail")
    assert rows(cli, app_id)["Order Completed"] == "Purchase"
    cli("mapping", "preset", "--app", app_id, "travel")
    assert "Order Completed" not in rows(cli, app_id)
    cli("mapping", "preset", "--app", app_id, "app")
    assert rows(cli, app_id) == default


def test_what_was_set_by_hand_outlives_a_preset_and_is_named(cli: Cli, app_id: str) -> None:
    cli("mapping", "preset", "--app", app_id, "retail")
    cli("mapping", "set", "--app", app_id, "Order Completed=Subscribe", "purchase=")
    loaded = cli("mapping", "preset", "--app", app_id, "retail")
    assert "Order Completed, purchase" in loaded.stderr
    mapped = rows(cli, app_id)
    assert (mapped["Order Completed"], mapped["purchase"], mapped["Product Added"]) == ("Subscribe", "", "AddToCart")


def test_a_preset_with_reset_forgets_what_was_set_by_hand(cli: Cli, app_id: str) -> None:
    default = rows(cli, app_id)
    cli("mapping", "set", "--app", app_id, "purchase=", "own=Lead")
    cli("mapping", "preset", "--app", app_id, "app", "--reset")
    assert rows(cli, app_id) == default


def test_a_preset_warns_of_targets_no_campaign_can_optimise_for(cli: Cli, app_id: str) -> None:
    assert (
        "app_install is not a TikTok standard event" in cli("mapping", "preset", "--app", app_id, "signalseal").stderr
    )


@pytest.mark.parametrize(
    ("preset", "some"),
    [
        ("signalseal", {"install": "app_install", "rc_renewal": "Subscribe", "sw_trial_started": "StartTrial"}),
        ("retail", {"Products Searched": "Search", "Product Added to Wishlist": "AddToWishlist", "page": "Pageview"}),
        ("travel", {"Listing Saved": "AddToWishlist", "Booking Completed": "Purchase"}),
        ("automotive", {"vehicle_compared": "ViewContent", "trade_in_valued": "SubmitForm"}),
        ("b2b-saas", {"Demo Requested": "Schedule", "Trial Started": "StartTrial"}),
    ],
)  # fmt: skip
def test_each_vertical_has_its_vendors_table(cli: Cli, app_id: str, preset: str, some: dict[str, str]) -> None:
    cli("mapping", "preset", "--app", app_id, preset)
    assert some.items() <= rows(cli, app_id).items()


def test_fields_are_filled_from_paths_and_shown(cli: Cli, app_id: str) -> None:
    shown = cli(
        "mapping", "field", "--app", app_id, "value=properties.cart.total, properties.total",
        "contents[].content_id=properties.items[].sku", "--json",
    ).value  # fmt: skip
    assert shown["fields"] == [
        {"field": "contents[].content_id", "sources": ["properties.items[].sku"]},
        {"field": "value", "sources": ["properties.cart.total", "properties.total"]},
    ]
    cleared = cli("mapping", "field", "--app", app_id, "value=", "--json").value
    assert [row["field"] for row in cleared["fields"]] == ["contents[].content_id"]


def test_presets_lists_the_default_first(cli: Cli) -> None:
    listed = cli("mapping", "presets", "--json").value
    assert listed["next"] is None
    assert listed["items"][0]["name"] == "app"


def test_the_default_preset_is_the_default_mapping(cli: Cli) -> None:
    default = cli("mapping", "presets", "--json").value["items"][0]
    assert list(default["mapping"].items()) == [(row.source, row.target) for row in DEFAULT_MAPPING]


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("show", "--app", "app_none"), "app_none"),
        (("preset", "--app", "{app}", "none"), "there are app"),
        (("set", "--app", "{app}", "--pixel", "px_none", "purchase=Lead"), "px_none"),
        (("set", "--app", "{app}", f"purchase={'x' * 101}"), "target:"),
        (("field", "--app", "{app}", "ttclid=properties.x"), "is not a field of the payload"),
        (("field", "--app", "{app}", "value=cart.total"), "must begin with properties."),
        (("field", "--app", "{app}", "value=properties..total"), "is not a path"),
    ],
)
def test_what_cannot_be_is_refused(cli: Cli, app_id: str, command: tuple[str, ...], said: str) -> None:
    refused = cli("mapping", *(part.replace("{app}", app_id) for part in command))
    assert refused.status == 1
    assert said in refused.stderr


@pytest.mark.parametrize("command", ["set", "field"])
def test_a_row_without_an_equals_sign_is_wrong_usage(cli: Cli, app_id: str, command: str) -> None:
    wrong = cli("mapping", command, "--app", app_id, "purchase")
    assert wrong.status == 2
    assert "KEY=VALUE" in wrong.stderr
