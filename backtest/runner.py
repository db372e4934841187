"""The run itself: installs matched in their order against the clicks stored so far, claims and lessons kept.

The clicks are ahead of the installs; that changes nothing, as each install only ever asks for the clicks of its own
past.
"""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from typing import Any, Final

import msgspec

from backtest.click_feed import GIVEN_IDS, INTERNAL_IDS, RETENTION_DAYS, Feed
from backtest.dated_index import DAY_MS, DatedIndex
from backtest.lines import InstallLine
from backtest.visit_reader import ADDRESS_KEY
from clicks.store import ClickStore
from forwarder.intake.evidence import Case, gather
from forwarder.matching.install_facts import InstallFacts, install_facts
from forwarder.matching.matcher import click_ids_of, match
from forwarder.matching.policy import Policy
from forwarder.matching.statistics import Statistics, learn
from forwarder.matching.verdict import Verdict

LATE_MS: Final = 3_600_000
"""How far behind an install's time the click may lie that it names: some phones' clocks are slow."""
END_OF_FILE: Final = sys.maxsize // 2
STRETCH: Final = 100  # installs matched at once: the sooner they begin, the more both processes have to do
ANSWERS = b"answers"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is printed of one install. Click ids are the file's own where it has them."""

    install_id: str
    method: str
    probability: float | None
    click_id: str | None
    reason: str
    candidates: list[dict[str, Any]]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One install's answer; `repeated` where an earlier line had the same install id."""

    platform: str
    answer: Answer
    repeated: bool = False


class Totals(msgspec.Struct):
    """What was read."""

    clicks: int = 0
    visits: int = 0
    """Lines of the clicks' file that are no person's: bots, previews, preloads."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Answer).decode


class _Stretch(msgspec.Struct, frozen=True):
    """Installs that are matched together, each with what is known about it."""

    lines: Sequence[InstallLine]
    cases: Sequence[Case]


class Backtest:
    """One run over two files. `policies` gives the policy of an app on a platform."""

    def __init__(self, redis: Any, feed: Feed, policies: Callable[[str, str], Policy], totals: Totals) -> None:
        self._totals = totals
        self._store = ClickStore(redis, (ADDRESS_KEY,), RETENTION_DAYS)
        self._index = DatedIndex(redis)
        self._feed = feed
        self._policies = policies
        self._claims: dict[int, set[str]] = defaultdict(set)
        self._statistics = Statistics()

    async def run(self, installs: Iterator[tuple[int, InstallLine]]) -> AsyncIterator[Outcome]:
        """The outcome of every install, in the order they are matched, by time. What is left of the clicks is read.

        While a stretch is decided, the clicks of the next one are on their way from Redis.
        """
        ahead: asyncio.Task[_Stretch] | None = None
        try:
            for stretch in _stretches(installs):
                decided = await ahead if ahead is not None else None
                ahead = asyncio.create_task(self._prepare(stretch))
                if decided is not None:
                    for outcome in await self._match(decided):
                        yield outcome
            if ahead is not None:
                for outcome in await self._match(await ahead):
                    yield outcome
            await self._take_clicks(END_OF_FILE)
        finally:
            if ahead is not None:
                ahead.cancel()

    async def _prepare(self, stretch: Sequence[tuple[int, InstallLine]]) -> "_Stretch":
        """Everything about these installs that does not depend on what the ones before them are credited with."""
        await self._turn_to(stretch[0][0] // DAY_MS)
        await self._take_clicks(stretch[-1][0] + LATE_MS)
        lines = [line for _, line in stretch]
        facts = await self._facts(lines)
        cases = [Case(one, self._policies(one.app_id, one.platform)) for one in facts]
        return _Stretch(lines, [_as_of_then(case) for case in await gather(self._store, cases)])

    async def _turn_to(self, day: int) -> None:
        """On each new day of the files' clock, forget what production would have forgotten by then."""
        until = (day - RETENTION_DAYS) * DAY_MS
        await self._index.forget_before(until)
        for old in [old for old in self._claims if (old + 1) * DAY_MS <= until]:
            del self._claims[old]

    async def _take_clicks(self, until_ms: int) -> None:
        for progress in await self._feed.advance(until_ms):
            self._totals.clicks += progress.clicks
            self._totals.visits += progress.visits
            for book in (INTERNAL_IDS, GIVEN_IDS):
                self._index.add_days(book, progress.days)

    async def _match(self, stretch: "_Stretch") -> list[Outcome]:
        keys = [_key(line) for line in stretch.lines]
        known = {key: _decode(raw) for key, raw in (await self._index.look_up(ANSWERS, keys)).items()}
        first: dict[bytes, int] = {}  # key -> where it comes first
        for at, key in enumerate(keys):
            if key not in known:
                first.setdefault(key, at)
        cases = [stretch.cases[at] for at in first.values()]
        answers = await self._answers(cases, [await self._decide(case) for case in cases])
        known |= dict(zip(first, answers, strict=True))
        times = (stretch.lines[at].at_ms for at in first.values())
        await self._index.note(
            ANSWERS,
            [(at_ms, key, _encode(answer)) for at_ms, key, answer in zip(times, first, answers, strict=True)],
        )
        return [
            Outcome(platform=line.report.platform, answer=known[key], repeated=first.get(key) != at)
            for at, (key, line) in enumerate(zip(keys, stretch.lines, strict=True))
        ]

    async def _facts(self, lines: Sequence[InstallLine]) -> list[InstallFacts]:
        """The installs' facts, with the ids of the file's clicks as the scratch store knows them."""
        facts = [
            install_facts(line.report.app_id, line.report.install_id, line.at_ms, line.report.body) for line in lines
        ]
        wanted = [click_id.encode() for one in facts for click_id in click_ids_of(one) if click_id is not None]
        internal = await self._index.look_up(INTERNAL_IDS, wanted) if wanted else {}
        return [_translated(one, internal) for one in facts] if internal else facts

    async def _decide(self, case: Case) -> Verdict:
        await asyncio.sleep(0)  # lets the next stretch be prepared
        consumed = frozenset(
            click.click_id
            for click in case.evidence.found or ()
            if click.click_id in self._claims[click.at_ms // DAY_MS]
        )
        evidence = msgspec.structs.replace(case.evidence, consumed=consumed)
        verdict = match(case.facts, evidence, case.policy, self._statistics)
        if verdict.observation is not None:
            learn(self._statistics, [verdict.observation])
        if verdict.click is not None:
            self._claims[verdict.click.at_ms // DAY_MS].add(verdict.click.click_id)
        return verdict

    async def _answers(self, cases: Sequence[Case], verdicts: Sequence[Verdict]) -> list[Answer]:
        shown = [c.click_id.encode() for verdict in verdicts for c in verdict.candidates]
        shown += [verdict.click.click_id.encode() for verdict in verdicts if verdict.click is not None]
        given = await self._index.look_up(GIVEN_IDS, shown)
        return [_answer(case.facts.install_id, verdict, given) for case, verdict in zip(cases, verdicts, strict=True)]


def _stretches(installs: Iterator[tuple[int, InstallLine]]) -> Iterator[list[tuple[int, InstallLine]]]:
    """A few installs at a time, none of two days."""
    for _, lines in groupby(installs, lambda line: line[0] // DAY_MS):
        while stretch := list(islice(lines, STRETCH)):
            yield stretch


def _as_of_then(case: Case) -> Case:
    """Without a named click that was forgotten by then, or lies so far ahead that no phone's slow clock explains it."""
    evidence = case.evidence
    known = {
        name: click
        for name, click in (("referrer_click", evidence.referrer_click), ("link_click", evidence.link_click))
        if click is not None and -LATE_MS <= case.facts.at_ms - click.at_ms <= RETENTION_DAYS * DAY_MS
    }
    seen = {"referrer_click": None, "link_click": None} | known
    return Case(case.facts, case.policy, msgspec.structs.replace(evidence, **seen))


def _key(line: InstallLine) -> bytes:
    return f"{line.report.app_id}\0{line.report.install_id}".encode()


def _translated(facts: InstallFacts, internal: Mapping[bytes, bytes]) -> InstallFacts:
    for name, click_id in zip(("referrer", "click_id"), click_ids_of(facts), strict=True):
        ours = internal.get(click_id.encode()) if click_id is not None else None
        if ours is not None:
            text = f"click_id={ours.decode()}" if name == "referrer" else ours.decode()
            facts = msgspec.structs.replace(facts, **{name: text})
    return facts


def _answer(install_id: str, verdict: Verdict, given: Mapping[bytes, bytes]) -> Answer:
    def file_id(click_id: str) -> str:
        return given.get(click_id.encode(), click_id.encode()).decode()

    return Answer(
        install_id=install_id,
        method=verdict.method,
        probability=verdict.probability,
        click_id=file_id(verdict.click.click_id) if verdict.click is not None else None,
        reason=verdict.reason,
        candidates=[
            msgspec.to_builtins(candidate) | {"click_id": file_id(candidate.click_id)}
            for candidate in verdict.candidates
        ],
    )
