"""A click has two ways: from its bytes or the parser, and through Starlette. Whatever comes, both make the same of it.

What may differ is listed here by name; all else, each byte of the answer and of what is stored and counted, may not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import LogCapture

from clicks.links import Site
from redirector import protocol
from tests.engines import SessionEngines
from tests.redirector.visits import CORPUS, PLAIN_LINKS, Visit
from tests.redirector.ways import Answered, ParserWay, ShortWay, Ways, opened_ways
from tests.redirector.wire import IPHONE, request


def _without_the_time(answered: Answered) -> Answered:
    return replace(answered, head=tuple("date:" if line.startswith("date: ") else line for line in answered.head))


def _servers_lines_last(answered: Answered) -> Answered:
    of_server = [line for line in answered.head if line.startswith(("date:", "connection:"))]
    others = [line for line in answered.head if line not in of_server]
    return replace(answered, head=(*others, *sorted(of_server)))


BY_NATURE: dict[str, Callable[[Answered], Answered]] = {
    # each server reads its clock once a second, and not in the same moment
    "the value of Date": _without_the_time,
    # uvicorn writes Date before the application's headers, the short way behind them: their order means nothing
    "the place of Date and Connection": _servers_lines_last,
}
SITES = (Site("app_spring", ("go.spring.example", "two.example")), Site("app_bare", ("go.bare.example",)))
HOSTS = (
    "go.spring.example",
    "GO.spring.example.:8000",
    "two.example",
    "go.bare.example",
    "t.test",
    "127.0.0.1:80",
    "x.y",
)
PATH_PARTS = (
    "/",
    "%2F",
    "%20",
    ".",
    "spring",
    "%73",
    "-",
    "%",
    "#",
    "?",
    "\\",
    ";",
    "..",
    "stores",
    "%00",
    "\xe9",
    "\xff",
)
QUERY_PARTS = (
    "&", "=", "?", ";", "#", "%", "%26", "&amp;", "amp;", "%3F", "%3B", "+", "ttclid=", "E.C.P.", "abcd", "ip=", "ua=",
    "203.0.113.9", "utm_a=", "campaign_name=", "ad_id=", "ad_id_v2=", "__CID__", "7", "\xe9", "\xff", "%00", "%zz",
    "\t",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one visit, either way."""

    visit: Visit
    short: Answered
    long: Answered
    was_short: bool
    """Whether the parser really answered it."""


def like(answered: Answered) -> Answered:
    """The answer without what differs by nature."""
    for without in BY_NATURE.values():
        answered = without(answered)
    return answered


@pytest.fixture(scope="module")
def ways(engines: SessionEngines) -> Iterator[Ways]:
    with opened_ways(engines.valkey.url, 1, PLAIN_LINKS) as opened:
        yield opened


@pytest.fixture(scope="module")
def outcomes(ways: Ways) -> list[Outcome]:
    """The whole corpus, driven once."""
    return [Outcome(visit, *ways.visit(visit.raw)) for visit in CORPUS]


def test_both_ways_answer_store_and_count_the_whole_corpus_alike(outcomes: list[Outcome]) -> None:
    for each in outcomes:
        assert like(each.short) == like(each.long), each.visit.name


def test_the_short_way_answers_the_visits_it_is_made_for_and_no_others(outcomes: list[Outcome]) -> None:
    assert {each.visit.name: each.was_short for each in outcomes} == {each.name: each.is_plain for each in CORPUS}


def test_the_strict_look_takes_nearly_all_of_the_corpus(outcomes: list[Outcome]) -> None:
    assert ShortWay.unparsed > 0.9 * len(outcomes)


def test_the_corpus_is_the_same_with_the_parser_and_without(engines: SessionEngines) -> None:
    with opened_ways(engines.valkey.url, 7, PLAIN_LINKS, other=ParserWay) as ways:
        for visit in CORPUS:
            plain, parsed, _ = ways.visit(visit.raw)
            assert like(plain) == like(parsed), visit.name


class FaultyWay(ParserWay):
    """A protocol with a fault of its own."""

    def _open_click(self) -> bool:
        raise LookupError("secret")


def test_a_fault_of_ours_is_no_malformed_request(engines: SessionEngines, monkeypatch: pytest.MonkeyPatch) -> None:
    capture = LogCapture()
    monkeypatch.setattr(
        protocol, "log", structlog.wrap_logger(None, [capture], structlog.make_filtering_bound_logger("info"))
    )
    with opened_ways(engines.valkey.url, 9, PLAIN_LINKS, other=FaultyWay) as ways:
        _, faulty, _ = ways.visit(request("/spring"))
    assert faulty.head[0] == "HTTP/1.1 500 Internal Server Error"
    assert faulty.counters["fault"] == 1
    assert capture.entries == [{"event": "a visit could not be read", "log_level": "error", "exc_info": True}]


def test_the_corpus_names_each_visit_once() -> None:
    assert len({visit.name for visit in CORPUS}) == len(CORPUS)


def test_clicks_of_the_corpus_are_stored_and_visits_of_robots_only_counted(outcomes: list[Outcome]) -> None:
    stored = [each for each in outcomes if each.short.rows]
    counted = [each for each in outcomes if each.short.counts]
    assert len(CORPUS) > len(counted) > len(stored) > 500


@pytest.mark.parametrize("difference", BY_NATURE)
def test_each_difference_on_the_list_is_there(ways: Ways, difference: str) -> None:
    _, long, _ = ways.visit(request("/spring", "Connection: close"))
    assert BY_NATURE[difference](long) != long


@given(
    path=st.lists(st.sampled_from(PATH_PARTS), max_size=4).map("".join),
    query=st.lists(st.sampled_from(QUERY_PARTS), max_size=12).map("".join),
)
def test_no_target_is_read_otherwise_on_the_other_way(ways: Ways, path: str, query: str) -> None:
    short, long, _ = ways.visit(request(f"/spring{path}?{query}".encode("latin-1"), user_agent=IPHONE))
    assert like(short) == like(long)


@pytest.fixture(scope="module")
def own_domains(engines: SessionEngines) -> Iterator[Ways]:
    with opened_ways(engines.valkey.url, 3, PLAIN_LINKS, SITES) as opened:
        yield opened


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("slug", ["spring", "bare", "no-ttp"])
def test_an_apps_own_domain_is_the_same_either_way(own_domains: Ways, slug: str, host: str) -> None:
    short, long, _ = own_domains.visit(request(f"/{slug}?ad_id=7").replace(b"t.test", host.encode()))
    assert like(short) == like(long)


def test_a_redirector_that_stops_closes_the_connection_either_way(engines: SessionEngines) -> None:
    with opened_ways(engines.valkey.url, 5, PLAIN_LINKS) as stopping:
        stopping.drain()
        short, long, was_short = stopping.visit(request("/spring"))
    assert was_short
    assert "connection: close" in short.head
    assert like(short) == like(long)
