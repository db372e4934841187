"""Rule 8: what a browser says of tracking changes no redirect; the app says what it may, and TikTok is told."""

from pathlib import Path

import pytest

from tests.engines import short_directory
from tests.redirector.serving import publish, running, stored_clicks, ttclid, wait_for
from tests.redirector.wire import ask

GUIDE = Path(__file__).parents[2] / "docs" / "privacy.md"


def test_a_browser_with_global_privacy_control_is_redirected_as_any_other(redis_url: str) -> None:
    """TikTok's own browser does not say it, and a click is sent nowhere: what is sent is an event, by its consent."""
    publish(redis_url)
    with short_directory() as directory, running(redis_url, directory, REDIS_BUDGET_MS="5000") as redirector:
        plain, with_signal = (
            ask(redirector.port, f"/spring?ttclid={ttclid(number)}", *headers)
            for number, headers in enumerate(((), ("Sec-GPC: 1", "DNT: 1")))
        )
        assert plain.status == with_signal.status == 302
        wait_for(lambda: len(stored_clicks(redis_url)) == 2)


@pytest.mark.parametrize("word", ["Sec-GPC", "DNT", "limited_data_use", "consent_when_unknown"])
def test_what_becomes_of_it_is_documented(word: str) -> None:
    assert word in GUIDE.read_text()
