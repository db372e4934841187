"""The handbook as pages: every link leads somewhere, and the text as it was written is there for machines."""

import re

import pytest

from console.handbook import DOCS
from console.pages.handbook import DOCS_SAY, FIGURES
from tests.console.pages.person import Person

NAMES = sorted(path.stem for path in DOCS.glob("*.md"))


def test_every_document_of_the_handbook_has_its_line() -> None:
    assert sorted(DOCS_SAY) == NAMES


def test_every_figure_of_the_handbook_is_served(stranger: Person) -> None:
    assert sorted(FIGURES) == sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.svg"))
    for figure in FIGURES:
        answer = stranger.open(f"/help/docs/{figure}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")


@pytest.mark.parametrize("name", NAMES)
def test_every_link_of_a_document_leads_to_what_is_there(stranger: Person, name: str) -> None:
    page = stranger.open(f"/help/docs/{name}").text
    own = re.findall(r' (?:href|src)="((?:/help|#)[^"]*)"', page)
    assert f"/help/docs/{name}.md" in own
    for href in own:
        path, _, part = href.partition("#")
        answer = stranger.open(path) if path else None
        assert answer is None or answer.status_code == 200, href
        assert not part or f' id="{part}"' in (answer.text if answer else page), href


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_there_as_it_was_written(stranger: Person, name: str) -> None:
    answer = stranger.open(f"/help/docs/{name}.md")
    assert answer.text == (DOCS / f"{name}.md").read_text()
    assert answer.headers["content-type"] == "text/markdown; charset=utf-8"


def test_the_help_leads_to_the_pages(stranger: Person) -> None:
    index = stranger.open("/help").text
    assert all(f'href="/help/docs/{name}"' in index for name in NAMES)


@pytest.mark.parametrize(
    "name", ["..%2FREADME.md", "decisions", "nothing.md", "%2e%2e", "matching/other.svg", "decisions/0001-engines.md"]
)
def test_only_documents_are_served(stranger: Person, name: str) -> None:
    assert stranger.open(f"/help/docs/{name}").status_code == 404
