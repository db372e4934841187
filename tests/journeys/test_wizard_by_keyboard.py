"""From the address that `up` prints to the green test event of the wizard, with the keyboard alone."""

from playwright.sync_api import Page

from tests.console.pages.browser import chromium
from tests.journeys.traveller import Signalpost

PASSWORD = "kettle-on-the-stove-9"
MOST_TABS = 120
FOCUSED = """() => {
    const one = document.activeElement
    return one ? [one.getAttribute('name') || '', (one.innerText || one.value || '').trim()] : ['', '']
}"""


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the field of this name, or the button or link of these words, has the focus."""
    for _ in range(MOST_TABS):
        if wanted in page.evaluate(FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached with Tab")


def test_the_first_owner_sends_a_test_event_without_a_mouse(signalpost: Signalpost) -> None:
    setup_url = next(word for line in signalpost.up.lines for word in line.split() if "/setup?token=" in word)
    with chromium() as browser:
        page = browser.new_page()
        page.goto(setup_url)
        for field, typed in (("email", "ada@example.com"), ("password", PASSWORD)):
            tab_to(page, field)
            page.keyboard.type(typed)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{signalpost.url('console')}/")
        for link, leads_to in (("Demo app", "**/apps/*"), ("Launch", "**/apps/*/setup")):
            tab_to(page, link)
            page.keyboard.press("Enter")
            page.wait_for_url(leads_to)
        tab_to(page, "Send test event")
        page.keyboard.press("Enter")
        step = page.locator("li", has_text="Send a test event").first
        step.get_by_text("done", exact=True).wait_for()
    sent = signalpost.http.get(f"{signalpost.url('sandbox')}/_sandbox/events", params={"test": "true"}).json()
    assert [event["event"] for event in sent["items"]] == ["ViewContent"]
