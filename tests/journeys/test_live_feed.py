"""What happens is seen in the console's live feed while it happens."""

import re
import time
from datetime import datetime

from tests.console.pages.open_feed import PATIENCE_S, OpenFeed, open_feed
from tests.console.pages.person import PASSWORD, Person
from tests.journeys.traveller import Signalpost, new_ttclid, play_referrer

WITHIN_S = 2.0
CLICKS = re.compile(r"\d clicks? on")
LINE = re.compile(r'<li class="feed-line".*?</li>', re.DOTALL)
AT = re.compile(r'<time datetime="([^"]+)"')


def test_a_click_its_install_and_the_delivered_postback_are_seen_within_two_seconds(signalpost: Signalpost) -> None:
    with Person(signalpost.url("console")) as anna:
        become_owner(anna, signalpost)
        with open_feed(anna, signalpost.demo["app_id"]) as feed:
            feed.items()
            clicked = time.monotonic()
            redirect = signalpost.click(new_ttclid(), "8.8.4.77")
            line_with(feed, CLICKS)  # one of the tests before may be told with it
            assert time.monotonic() - clicked < WITHIN_S
            signalpost.install("8.8.4.77", install_referrer=play_referrer(redirect))
            assert seconds_since(line_with(feed, re.compile("Android install"))) < WITHIN_S
            delivered = line_with(feed, re.compile("install → Download"))
            assert seconds_since(delivered) < WITHIN_S
            assert ">delivered<" in delivered


def become_owner(anna: Person, signalpost: Signalpost) -> None:
    (link,) = (line for line in signalpost.up.lines if "/setup?token=" in line)
    path = link.strip().partition("/setup")[1] + link.strip().partition("/setup")[2]
    made = anna.send(path, "setup", email="anna@example.com", password=PASSWORD)
    assert made.status_code == 303, made.text


def line_with(feed: OpenFeed, words: re.Pattern[str]) -> str:
    """The first line that has them; lines told before it are read no second time."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:  # comments keep the stream open for ever
        while not feed.lines:
            feed.lines = LINE.findall(feed.items().told["lines"])
        line = feed.lines.pop()
        if words.search(line):
            return line
    raise AssertionError(f"nothing of {words.pattern!r} was told")


def seconds_since(line: str) -> float:
    """By the time that it names: when it was received or sent."""
    found = AT.search(line)
    assert found is not None
    return time.time() - datetime.fromisoformat(found[1]).timestamp()
