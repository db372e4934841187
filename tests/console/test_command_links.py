"""Sentences that name a command as the way out lead, on a page, to where the same is done."""

import re
from pathlib import Path

import pytest

from cli.__main__ import COMMANDS
from console.command_links import PLACES, WITHOUT_PLACE, link_of
from console.route_table import all_pages
from tests.console.test_parity import commands

ROOT = Path(__file__).parents[2]
SAID = re.compile(r"`signalpost ([a-z-]+)(?: ([a-z-]+))?")
ANCHOR = re.compile(r'id="([a-z-]+)"')


@pytest.mark.parametrize(
    ("command", "app_id", "href"),
    [
        ("signalpost app list", "", "/"),
        ("signalpost tiktok connect --app app_1", "", "/apps/app_1/tiktok"),
        ("signalpost tiktok connect --app ID", "app_2", "/apps/app_2/tiktok"),
        ("signalpost tiktok connect --app app_1", "app_2", "/apps/app_1/tiktok"),
        ("signalpost tiktok use --app app_1 --advertiser X", "", "/apps/app_1/tiktok#advertisers"),
        ("signalpost app set app_1 timezone=...", "", "/apps/app_1/settings#reports"),
        ("signalpost app set app_1 ios_app_id=... android_package=...", "", "/apps/app_1/settings#app"),
        ("signalpost pixel validate px_1", "app_1", "/apps/app_1/pixels/px_1"),
        ("signalpost pixel set px_1 test_event_code=", "app_1", "/apps/app_1/pixels/px_1"),
        ("signalpost pixel list", "app_1", "/apps/app_1/pixels"),
        ("signalpost link show", "app_1", "/apps/app_1/links"),
        ("signalpost link show summer", "app_1", "/apps/app_1/links/summer"),
        ("signalpost mapping set ... SOURCE=Purchase", "app_1", "/apps/app_1/mapping"),
        ("signalpost doctor", "", "/health"),
        ("signalpost user list", "", "/users"),
    ],
)
def test_a_command_leads_to_its_page(command: str, app_id: str, href: str) -> None:
    link = link_of(command, app_id)
    assert link is not None
    assert link.href == href


@pytest.mark.parametrize(
    "command",
    [
        "signalpost up", "signalpost run worker", "signalpost report --recount --app app_1", "signalpost",
        "signalpost ", "signalpost pixel list", "signalpost tiktok connect --app ../../x", "app list", "id1234567890",
    ],
)  # fmt: skip
def test_what_no_page_does_or_names_no_app_stays_a_command(command: str) -> None:
    assert link_of(command, "") is None


def test_every_command_that_a_sentence_names_has_a_page_or_a_reason() -> None:
    known = {*PLACES, *WITHOUT_PLACE}
    for folder in ("admin", "ad_accounts", "ledger", "tiktok", "config"):
        for path in (ROOT / folder).rglob("*.py"):
            for one, two in SAID.findall(path.read_text()):
                assert {one, f"{one} {two}"} & known, (path.name, one, two)


def test_places_are_of_commands_there_are_and_of_pages_there_are() -> None:
    paths = {page.path for page in all_pages()}
    assert {*PLACES, *WITHOUT_PLACE} <= {*commands(), *COMMANDS}
    assert {place.path for place in PLACES.values()} <= paths
    assert {place.listed for place in PLACES.values() if place.listed} <= paths
