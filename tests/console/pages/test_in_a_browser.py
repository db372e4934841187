"""Each page in Chromium: both themes without a violation of axe-core's rules, no sideways scroll on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from admin.apps import create_app, set_app
from admin.mappings import map_events
from admin.pixels import PixelToAdd, add_pixel
from admin.setup_progress import begin_waiting
from admin.users import Role, create_user, new_setup_token
from config.settings import AllSettings
from tests.console.pages import happenings
from tests.console.pages.browser import (
    NARROWEST,
    THEMES,
    WIDTHS,
    Console,
    chromium,
    console_process,
    faults,
    screenshot_folder,
    signed_in,
    violations,
)
from tests.console.pages.conftest import Act
from tests.console.pages.long_names import put_long_names
from tests.console.pages.pages_to_see import PAGES_TO_SEE
from tests.console.pages.person import PASSWORD
from tests.console.pages.results_scene import with_results

OWNER = "anna@example.com"


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def addresses(act: Act, app_id: str) -> dict[str, str]:
    """What stands for the names in braces; the console has something to show."""
    token = act(new_setup_token)
    act(with_results(app_id))
    empty = act(lambda session: create_app(session, "Nothing yet", {}))
    act(lambda session: set_app(session, app_id, {"match_window_hours": "6", "match_threshold": "0.95"}))
    act(lambda session: happenings.install(session, app_id))
    act(lambda session: happenings.delivery(session, app_id))
    delivery_id = act(lambda session: happenings.dead(session, app_id))
    given = PixelToAdd(app_id, "C9PIXEL0000000000001", "a-token-of-the-events-api-0123456789", "Main", "TEST12345")
    pixel = act(lambda session: add_pixel(session, given, validate=False))
    act(lambda session: map_events(session, app_id, "", {"add_to_cart": "Basket"}))
    act(lambda session: begin_waiting(session, app_id))
    return {
        "app_id": app_id,
        "empty_id": empty["app_id"],
        "setup_token": token,
        "delivery_id": delivery_id,
        "pixel_id": pixel["pixel_id"],
    }


@pytest.fixture
def console(settings: AllSettings, addresses: dict[str, str]) -> Iterator[Console]:
    with console_process(settings) as started:
        yield started


def make_users(act: Act) -> None:
    act(lambda session: create_user(session, OWNER, Role.OWNER, PASSWORD))
    act(lambda session: create_user(session, "jo@example.com", Role.EDITOR, PASSWORD))


def look_at(page: Page, name: str, width: int, folder: Path) -> list[str]:
    """What axe-core finds on the page that is open and what is measured of it, in both themes; leaves pictures."""
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        if width == WIDTHS[0] or theme == THEMES[0]:  # colours do not depend on the width
            found += [f"{theme} {width} {name}: {line}" for line in violations(page)]
        found += [f"{theme} {width} {name}: {line}" for line in faults(page)]
        page.screenshot(path=folder / f"{name}-{width}-{theme}.png", full_page=True)
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_every_page_reads_well_in_both_themes_and_on_a_phone(
    browser: Browser, console: Console, act: Act, addresses: dict[str, str], *, tmp_path: Path, width: int
) -> None:
    folder, found = screenshot_folder(tmp_path), []
    outside = [seen for seen in PAGES_TO_SEE if not seen.signed_in]
    inside = [seen for seen in PAGES_TO_SEE if seen.signed_in]
    for pages in (outside, inside):  # the link of the first owner is worth nothing once there is one
        if pages is inside:
            make_users(act)
            context = signed_in(browser, console, OWNER, width=width)
        else:
            size = {"width": width, "height": 900}
            context = browser.new_context(base_url=console.url, viewport=size, locale="en-GB")
        page = context.new_page()
        for seen in pages:
            page.goto(seen.path.format(**addresses))
            found += look_at(page, seen.name, width, folder)
        context.close()
    assert found == []


@pytest.mark.parametrize("width", [320, NARROWEST, 600, 830, 1000])
def test_every_page_fits_the_widths_between_and_a_desktops_at_four_times_its_size(
    browser: Browser, console: Console, act: Act, addresses: dict[str, str], width: int
) -> None:
    make_users(act)
    context = signed_in(browser, console, OWNER, width=width)
    page = context.new_page()
    found = []
    for seen in PAGES_TO_SEE:
        page.goto(seen.path.format(**addresses))
        found += [f"{seen.name}: {line}" for line in faults(page)]
    context.close()
    assert found == []


@pytest.mark.parametrize("width", [WIDTHS[0], 830, NARROWEST])
def test_no_name_however_long_leaves_its_place(
    browser: Browser, console: Console, act: Act, addresses: dict[str, str], width: int
) -> None:
    make_users(act)
    long = act(put_long_names)
    context = signed_in(browser, console, OWNER, width=width)
    page = context.new_page()
    found = []
    for path in long.paths:
        page.goto(path)
        found += [f"{path.replace(long.app_id, '')[:40]}: {line}" for line in faults(page)]
    context.close()
    assert found == []


def test_what_tiktok_said_is_read_in_few_lines_on_a_phone(
    browser: Browser, console: Console, act: Act, addresses: dict[str, str]
) -> None:
    make_users(act)
    context = signed_in(browser, console, OWNER, width=WIDTHS[1])
    page = context.new_page()
    page.goto(f"/apps/{addresses['app_id']}/deliveries?state=dead")
    height = page.locator("tbody tr").first.evaluate("row => row.offsetHeight")
    context.close()
    assert height <= 4 * 24 + 16


@pytest.mark.parametrize("has_script", [True, False])
def test_what_was_refused_is_in_sight(
    browser: Browser, console: Console, act: Act, addresses: dict[str, str], has_script: bool
) -> None:
    """The form stands below fifty deliveries; the page that says no begins at its top."""
    make_users(act)
    for _ in range(12):
        act(lambda session: happenings.dead(session, addresses["app_id"]))
    context = signed_in(browser, console, OWNER, width=WIDTHS[1])
    plain = browser.new_context(
        base_url=console.url, java_script_enabled=has_script, storage_state=context.storage_state(),
        viewport={"width": WIDTHS[1], "height": 700},
    )  # fmt: skip
    page = plain.new_page()
    page.goto(f"/apps/{addresses['app_id']}/deliveries")
    page.get_by_role("button", name="Send the chosen again").click()
    said = page.get_by_text("choose at least one delivery")
    said.wait_for()
    expect(said).to_be_in_viewport()
    plain.close()
    context.close()
