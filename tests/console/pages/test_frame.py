"""What the frame does for every page: whose clock its times are, and what comes first for whoever hears it."""

import re

import pytest

from console.route_table import all_pages
from tests.console.pages import happenings
from tests.console.pages.conftest import Act
from tests.console.pages.person import Person
from tests.console.pages.results_scene import with_results
from tests.console.pages.test_roles import address

SAYS_ITS_ZONE = re.compile(r"Times are [A-Z]|<p class=\"hint\">\d+ \w{3} \d{4}[^<]*, (Europe/Berlin|UTC)")


@pytest.fixture
def with_times(act: Act, app_id: str) -> dict[str, str]:
    act(with_results(app_id))
    act(lambda session: happenings.install(session, app_id))
    return {"app_id": app_id, "delivery_id": act(lambda session: happenings.dead(session, app_id))}


def test_every_page_that_shows_times_says_whose_they_are_once(owner: Person, with_times: dict[str, str]) -> None:
    app_id = with_times["app_id"]
    paths = [address(page, app_id) for page in all_pages() if page.role]
    paths += [f"/apps/{app_id}/deliveries/{with_times['delivery_id']}", f"/apps/{app_id}/installs/i1"]
    seen = 0
    for path in paths:
        text = owner.open(path).text
        if "<time" in text:
            seen += 1
            assert len(SAYS_ITS_ZONE.findall(text)) == 1, path
    assert seen >= 8
