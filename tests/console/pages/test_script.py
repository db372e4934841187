"""What the script adds, in Chromium: keys, the theme, copying. And that nothing it does breaks the policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from admin.apps import set_app
from admin.users import Role, create_user
from config.settings import AllSettings
from tests.account_sandbox import account_sandbox
from tests.console.pages.browser import (
    chromium,
    console_process,
    screenshot_folder,
    scrolls_sideways,
    signed_in,
    violations,
)
from tests.console.pages.conftest import Act
from tests.console.pages.person import PASSWORD
from tests.console.pages.results_scene import with_results
from tests.console.pages.waiting_scene import bring_all, wait_for_the_first


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def page(settings: AllSettings, act: Act, browser: Browser, app_id: str) -> Iterator[Page]:
    """The owner's window, at the list of apps; what the console of the browser says is an error."""
    act(lambda session: create_user(session, "anna@example.com", Role.OWNER, PASSWORD))
    with console_process(settings) as console:
        context = signed_in(browser, console, "anna@example.com")
        page = context.pages[0]
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text) if is_fault(message) else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        yield page
        context.close()
        assert said == []


@pytest.fixture
def waiting_path(act: Act, app_id: str) -> Iterator[str]:
    """The set-up of an app that waits for its first click, install and event alone."""
    with account_sandbox() as sandbox:
        act(lambda session: wait_for_the_first(session, app_id, sandbox))
        yield f"/apps/{app_id}/setup"


def is_fault(message: ConsoleMessage) -> bool:
    """A form that is refused is a 422, one that is stale a 409: Chromium calls both an error, too."""
    is_refusal = "status of 422" in message.text or "status of 409" in message.text
    return message.type in ("error", "warning") and not is_refusal


def test_keys_lead_through_pages_and_tables(page: Page, app_id: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press("g")
    page.wait_for_url("**/audit")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "app"
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url(lambda url: url.endswith("/"))
    page.locator("tbody tr").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/apps/{app_id}")


def test_letters_that_are_typed_lead_nowhere(page: Page) -> None:
    page.goto("/users")
    page.locator("#create-email").press_sequentially("gu@ga.gh")
    assert page.locator("#create-email").input_value() == "gu@ga.gh"


@pytest.mark.parametrize(("width", "drawing"), [(1280, "wide"), (390, "narrow")])
def test_arrows_step_through_the_chart_that_is_seen(
    page: Page, act: Act, app_id: str, width: int, drawing: str
) -> None:
    act(with_results(app_id))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/apps/{app_id}")
    chart = page.locator("[data-chart]").first
    chart.locator(".drawing").focus()
    page.keyboard.press("ArrowLeft")
    assert "Revenue" in (chart.locator(".readout").text_content() or "")
    assert chart.locator(f"svg.{drawing} .column.on").count() == 1
    assert chart.locator(".column.on").count() == 1
    page.keyboard.press("Escape")
    assert chart.locator(".readout").text_content() == ""


def test_the_theme_is_chosen_and_kept(page: Page) -> None:
    switch = page.locator("[data-theme-switch]")
    assert switch.text_content() == "Theme: system"
    switch.click()
    switch.click()
    page.reload()
    assert page.locator("[data-theme-switch]").text_content() == "Theme: dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 21, 20)"


def test_a_made_password_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/users")
    page.locator("#create-email").fill("new@example.com")
    page.get_by_role("button", name="Add user").click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert (
        page.evaluate("navigator.clipboard.readText()") == page.get_by_label("Password", exact=True).first.input_value()
    )


def test_the_field_that_is_wrong_has_the_focus(page: Page) -> None:
    page.goto("/users")
    page.locator("#create-email").fill("anna@example.com")
    page.get_by_role("button", name="Add user").click()
    page.get_by_text("is somebody's already").wait_for()
    assert page.evaluate("document.activeElement.id") == "create-email"


def test_the_menu_of_a_phone_opens_and_closes(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    assert not page.get_by_role("link", name="Audit log").is_visible()
    page.get_by_role("link", name="Menu").click()
    page.get_by_role("link", name="Audit log").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Audit log").wait_for(state="hidden")


def test_the_focus_stays_in_the_menu_of_a_phone_while_it_covers_the_page(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.get_by_role("link", name="Menu").click()
    page.get_by_role("link", name="Audit log").wait_for()
    for _ in range(20):
        page.keyboard.press("Tab")
        assert not page.evaluate("!!document.activeElement.closest('main, .top')")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="New app").wait_for()
    page.keyboard.press("Tab")
    assert page.evaluate("!!document.activeElement.closest('main')")


def test_a_page_that_waits_turns_by_itself_and_then_leaves_the_server_alone(
    page: Page, act: Act, app_id: str, waiting_path: str
) -> None:
    """Five seconds are the page's own clock's: it is set forward."""
    page.clock.install()
    page.goto(waiting_path)
    page.locator("#waiting .badge", has_text="waiting").first.wait_for()
    act(lambda session: bring_all(session, app_id))
    page.evaluate("document.querySelector('#stores details').open = true")
    page.clock.run_for(4_000)
    assert page.locator("#waiting .badge", has_text="waiting").count() == 3
    page.clock.run_for(1_500)
    page.get_by_text("Everything works.").wait_for()
    assert page.locator("#stores details").evaluate("place => place.open")
    assert page.locator("#steps").get_attribute("data-poll") == ""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(30_000)
    assert asked == []


def test_what_is_being_typed_on_a_page_that_waits_is_left_alone(
    page: Page, act: Act, app_id: str, waiting_path: str
) -> None:
    page.clock.install()
    page.goto(waiting_path)
    page.evaluate("document.querySelector('#stores details').open = true")
    page.locator("#stores-ios_app_id").fill("99")
    act(lambda session: bring_all(session, app_id))
    page.clock.run_for(6_000)
    assert page.locator("#stores-ios_app_id").input_value() == "99"
    page.locator("#stores-ios_app_id").blur()
    page.clock.run_for(6_000)
    page.get_by_text("Everything works.").wait_for()


def test_without_a_script_the_page_that_waits_asks_the_browser_to_load_it_anew(
    page: Page, act: Act, app_id: str, waiting_path: str
) -> None:
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(
        base_url=page.url, java_script_enabled=False, storage_state=page.context.storage_state()
    )
    without = plain.new_page()
    without.goto(waiting_path)
    without.locator("#waiting .badge", has_text="waiting").first.wait_for()
    act(lambda session: bring_all(session, app_id))
    without.get_by_text("Everything works.").wait_for()
    assert without.locator("meta[http-equiv=refresh]").count() == 0
    plain.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_a_form_that_somebody_else_was_quicker_with_is_readable_and_can_be_sent_again(
    page: Page, act: Act, app_id: str, width: int, tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/apps/{app_id}/settings")
    page.locator("#app-name").fill("Kettle")
    act(lambda session: set_app(session, app_id, {"ios_app_id": "55", "fallback_url": "https://tea.example.com"}))
    page.locator("#app-form button").click()
    page.get_by_text("This was changed after you opened the page").wait_for()
    assert page.locator("#app-name").input_value() == "Kettle"
    assert page.locator("#app-ios_app_id").input_value() == "55"
    assert violations(page) == []
    assert not scrolls_sideways(page)
    page.screenshot(path=screenshot_folder(tmp_path) / f"stale-form-{width}-light.png", full_page=True)
    page.locator("#app-form button").click()
    page.get_by_text("saved, and in force").wait_for()
