"""The run itself: clicks into the scratch store, installs matched against it in their order, claims and lessons kept.

Both files are read in stretches of a few hundred lines. A stretch's clicks are stored before its installs are matched;
that changes nothing, as each install only ever asks for the clicks of its own past.
"""

import heapq
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any

import msgspec

from cli.backtest.asked import Asked
from cli.backtest.desk import ADDRESS_KEY, RecordedDesk, click_id_of
from cli.backtest.diary import DAY_MS, Diary
from cli.backtest.lines import MAX_DISORDER_MS, ClickLine, InstallLine
from clicks.batch import Batch, Row
from clicks.store import ClickStore
from forwarder.intake.evidence import Case, gather
from forwarder.matching.click_ids import SKEW_MS
from forwarder.matching.install_facts import InstallFacts, install_facts
from forwarder.matching.matcher import click_ids_of, match
from forwarder.matching.policy import Policy
from forwarder.matching.statistics import Statistics, learn
from forwarder.matching.verdict import Verdict

STRETCH = 500  # lines
RETENTION_DAYS = 28  # CLICK_RETENTION_DAYS as it ships
UNCOUNTED = -1  # a batch that counts no visits
INTERNAL_IDS, GIVEN_IDS, ANSWERS = b"internal", b"given", b"answers"


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


class Backtest:
    """One run over two files. `policies` gives the policy of an app on a platform."""

    def __init__(self, redis: Any, desk: RecordedDesk, policies: Callable[[str, str], Policy], totals: Totals) -> None:
        self._totals = totals
        self._oldest_ms: int | None = None  # of the clicks that are stored
        self._store = ClickStore(redis, (ADDRESS_KEY,), RETENTION_DAYS)
        self._diary = Diary(redis)
        self._desk = desk
        self._policies = policies
        self._claims: dict[int, set[str]] = defaultdict(set)
        self._statistics = Statistics()
        self._day = 0

    async def run(
        self,
        clicks: Iterator[tuple[int, ClickLine]],
        installs: Iterator[tuple[int, InstallLine]],
        asked: Asked | None = None,
    ) -> AsyncIterator[Outcome]:
        """The outcome of every install, in the order they are matched: by time, 30 s after the clicks around them.

        Args:
            asked: what the installs can ask for; other visits are only counted. None = not known.
        """
        self._asked = asked
        shifted = ((at_ms + SKEW_MS, install) for at_ms, install in installs)
        merged = heapq.merge(clicks, shifted, key=itemgetter(0))
        while stretch := list(islice(merged, STRETCH)):
            await self._turn_to(stretch[0][0])
            await self._take_clicks([(at_ms, line) for at_ms, line in stretch if isinstance(line, ClickLine)])
            for outcome in await self._match([line for _, line in stretch if isinstance(line, InstallLine)]):
                yield outcome

    async def _turn_to(self, at_ms: int) -> None:
        """On each new day of the files' clock, forget what production would have forgotten by then."""
        day = at_ms // DAY_MS
        if day <= self._day:
            return
        self._day = day
        until = at_ms - RETENTION_DAYS * DAY_MS
        await self._diary.forget_before(until)
        if self._oldest_ms is not None and self._oldest_ms < until:
            await self._diary.forget_clicks_before(until)
            self._oldest_ms = until
        for old in [old for old in self._claims if (old + 1) * DAY_MS <= until]:
            del self._claims[old]

    async def _take_clicks(self, lines: Sequence[tuple[int, ClickLine]]) -> None:
        kept: list[tuple[ClickLine, tuple[Row, ...]]] = []
        clicks = 0
        for at_ms, line in lines:
            if self._asked is None or self._asked.may_concern(line):
                if rows := self._desk.open(line, at_ms):
                    kept.append((line, rows))
            else:
                clicks += self._desk.is_person(line)
        clicks += len(kept)
        self._totals.clicks += clicks
        self._totals.visits += len(lines) - clicks
        if not kept:
            return
        if self._oldest_ms is None:
            self._oldest_ms = kept[0][1][0].at_ms - MAX_DISORDER_MS
        await self._store.apply(Batch("", UNCOUNTED, [row for _, rows in kept for row in rows], {}))
        named = [
            (rows[0].at_ms, line.click_id.encode(), click_id_of(rows[0]).encode())
            for line, rows in kept
            if line.click_id
        ]
        await self._diary.note(INTERNAL_IDS, named)
        await self._diary.note(GIVEN_IDS, [(at_ms, internal, given) for at_ms, given, internal in named])

    async def _match(self, lines: Sequence[InstallLine]) -> list[Outcome]:
        keys = [_key(line) for line in lines]
        known = {key: _decode(raw) for key, raw in (await self._diary.look_up(ANSWERS, keys)).items()}
        new = {key: line for key, line in reversed(list(zip(keys, lines, strict=True))) if key not in known}
        first = [(key, line) for key, line in zip(keys, lines, strict=True) if new.get(key) is line]
        facts = await self._facts([line for _, line in first])
        cases = [Case(one, self._policies(one.app_id, one.platform)) for one in facts]
        verdicts = [self._decide(case) for case in await gather(self._store, cases)]
        answers = await self._answers(facts, verdicts)
        known |= {key: answer for (key, _), answer in zip(first, answers, strict=True)}
        await self._diary.note(
            ANSWERS, [(line.at_ms, key, _encode(answer)) for (key, line), answer in zip(first, answers, strict=True)]
        )
        return [
            Outcome(platform=line.report.platform, answer=known[key], repeated=new.get(key) is not line)
            for key, line in zip(keys, lines, strict=True)
        ]

    async def _facts(self, lines: Sequence[InstallLine]) -> list[InstallFacts]:
        """The installs' facts, with the ids of the file's clicks as the scratch store knows them."""
        facts = [
            install_facts(line.report.app_id, line.report.install_id, line.at_ms, line.report.body) for line in lines
        ]
        wanted = [click_id.encode() for one in facts for click_id in click_ids_of(one) if click_id is not None]
        internal = await self._diary.look_up(INTERNAL_IDS, wanted) if wanted else {}
        return [_translated(one, internal) for one in facts] if internal else facts

    def _decide(self, case: Case) -> Verdict:
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

    async def _answers(self, facts: Sequence[InstallFacts], verdicts: Sequence[Verdict]) -> list[Answer]:
        shown = [c.click_id.encode() for verdict in verdicts for c in verdict.candidates]
        shown += [verdict.click.click_id.encode() for verdict in verdicts if verdict.click is not None]
        given = await self._diary.look_up(GIVEN_IDS, shown)
        return [_answer(one.install_id, verdict, given) for one, verdict in zip(facts, verdicts, strict=True)]


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
