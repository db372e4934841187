"""`/apps/{app_id}/mapping`: rows, presets, fields, for the app and for one pixel."""

import pytest

from admin.mappings import show_mapping
from admin.pixels import PixelToAdd, add_pixel
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person


@pytest.fixture
def path(app_id: str) -> str:
    return f"/apps/{app_id}/mapping"


@pytest.fixture
def pixel_id(act: Act, app_id: str) -> str:
    pixel = PixelToAdd(app_id, "C9PIXEL", "a-token-of-the-events-api-0123456789")
    return str(act(lambda session: add_pixel(session, pixel, validate=False))["pixel_id"])


def targets(act: Act, app_id: str, pixel_id: str = "") -> dict[str, str]:
    mapping = act(lambda session: show_mapping(session, app_id, pixel_id))
    return {row["source"]: row["target"] for row in mapping["rows"]}


def test_the_default_is_there_with_rare_rows_collapsed(owner: Person, path: str) -> None:
    first, _, rest = owner.open(path).text.partition("<details>")
    assert 'name="to.purchase" value="Purchase"' in first
    assert 'name="to.add_to_cart"' not in first
    assert 'name="to.add_to_cart" value="AddToCart"' in rest
    assert 'name="to.rc_renewal" value=""' in rest


def test_rows_are_changed_blank_is_not_sent_and_many_become_one(
    owner: Person, act: Act, app_id: str, path: str
) -> None:
    before = targets(act, app_id)
    changes = {"to.sign_up": "", "to.start_trial": "Subscribe"}
    assert "in force for the next event" in owner.send_and_follow(path, "rows", **changes).text
    assert targets(act, app_id) == {**before, "sign_up": "", "start_trial": "Subscribe"}


def test_a_row_is_added_and_a_custom_event_is_warned_of(owner: Person, act: Act, app_id: str, path: str) -> None:
    page = owner.send_and_follow(path, "rows", source="level_complete", target="LevelUp").text
    assert targets(act, app_id)["level_complete"] == "LevelUp"
    assert page.count("which no campaign can optimise for") >= 2


def test_what_cannot_be_is_said_beside_its_row_and_all_is_kept(owner: Person, act: Act, app_id: str, path: str) -> None:
    before = targets(act, app_id)
    answer = owner.send(path, "rows", **{"to.purchase": "x" * 101, "to.sign_up": "Lead"})
    assert answer.status_code == 422
    assert "must be at most 100 printable characters" in answer.text
    assert 'name="to.sign_up" value="Lead"' in answer.text
    assert owner.send(path, "rows", target="Lead").status_code == 422
    assert targets(act, app_id) == before


def test_what_stands_so_already_is_not_set_by_hand(owner: Person, act: Act, app_id: str, path: str) -> None:
    assert "stands so already" in owner.send_and_follow(path, "rows").text
    owner.send(path, "preset", preset="retail")
    kept = act(lambda session: show_mapping(session, app_id))
    assert kept["rows"]
    assert "Kept" not in owner.open(path).text


def test_a_preset_keeps_rows_set_by_hand_unless_told(owner: Person, act: Act, app_id: str, path: str) -> None:
    owner.send(path, "rows", **{"to.install": ""})
    page = owner.send_and_follow(path, "preset", preset="signalseal")
    assert "kept as set by hand: install" in page.text
    assert targets(act, app_id)["install"] == ""
    owner.send(path, "preset", preset="signalseal", reset="yes")
    assert targets(act, app_id)["install"] == "app_install"
    assert owner.send(path, "preset", preset="nothing").status_code == 422


def test_a_pixels_own_rows_stand_in_front_of_the_apps(
    owner: Person, act: Act, app_id: str, path: str, pixel_id: str
) -> None:
    page = owner.send_and_follow(f"{path}?pixel={pixel_id}", "rows", **{"to.purchase": "Subscribe"})
    assert "For this pixel alone; the app has Purchase." in page.text
    assert targets(act, app_id)["purchase"] == "Purchase"
    assert targets(act, app_id, pixel_id)["purchase"] == "Subscribe"
    assert owner.open(f"{path}?pixel=px_none").status_code == 404


def test_a_field_is_filled_from_a_path(owner: Person, act: Act, app_id: str, path: str) -> None:
    owner.send(path, "field", field="value", paths="properties.cart.total, properties.total")
    mapping = act(lambda session: show_mapping(session, app_id))
    [filled] = mapping["fields"]
    assert (filled["field"], list(filled["sources"])) == ("value", ["properties.cart.total", "properties.total"])
    refused = owner.send(path, "field", field="value", paths="properties..x")
    assert refused.status_code == 422
    assert 'value="properties..x"' in refused.text
    owner.send(path, "field", field="value", paths="")
    assert act(lambda session: show_mapping(session, app_id))["fields"] == []
