"""Help: for anybody, and never behind the tables that it is made of."""

import re

from console.handbook import DOCS
from console.pages.guides import GUIDES
from ledger.apps import AppSettings
from tests.console.pages.person import Person
from tiktok.code_table import CODES, WORDINGS


def test_every_code_has_a_row_with_meaning_and_remedy(stranger: Person) -> None:
    page = stranger.open("/help/error-codes").text.replace("&#39;", "'")
    for row in CODES:
        assert f'id="c{row.first}' in page
        assert row.meaning in page
        assert row.remedy in page
    assert all(one.meaning in page and one.remedy in page for one in WORDINGS)
    ids = re.findall(r'id="(c\d+r?)"', page)
    assert len(ids) == len(set(ids)) == len(CODES)


def test_every_guide_is_open_to_anybody_and_linked(stranger: Person) -> None:
    index = stranger.open("/help").text
    for guide in GUIDES:
        assert f'href="/help/{guide.slug}"' in index
        assert stranger.open(f"/help/{guide.slug}").status_code == 200


def test_the_guide_to_matching_names_the_settings_of_both_systems(stranger: Person) -> None:
    defaults = AppSettings()
    assert (defaults.probabilistic_ios, defaults.probabilistic_android) == ("with_consent", "with_consent")
    privacy = stranger.open("/help/matching").text.partition("<h2>Privacy</h2>")[2]
    assert "probabilistic_ios" in privacy
    assert "probabilistic_android" in privacy


def test_llms_txt_names_every_guide_and_document_and_each_is_there(stranger: Person) -> None:
    answer = stranger.open("/llms.txt")
    assert answer.headers["content-type"].startswith("text/plain")
    links = re.findall(r"^- \[[^]]+\]\(https?://[^/]+(/[^)]+)\): .+$", answer.text, re.MULTILINE)
    assert len(links) == len(GUIDES) + len(list(DOCS.glob("*.md")))
    assert all(stranger.open(link).status_code == 200 for link in links)
