"""How fast it is: a backtest of 24,000 clicks, and one install among 1,000 candidates.

    python -m tests.matching.speed

Wall-clock times of this machine at this moment: the best of a few runs, to leave out what else it was doing.
"""

import asyncio
import statistics
import sys
import time
from dataclasses import replace

from backtest.lines import ClickLine
from backtest.scratch import scratch_redis
from backtest.visit_reader import ADDRESS_KEY, RecordedVisitReader
from clicks.batch import Batch, Row
from clicks.record import Click
from clicks.store import ClickStore
from forwarder.intake.evidence import Case, gather
from forwarder.matching.install_facts import InstallFacts, install_facts
from forwarder.matching.matcher import Evidence, match
from forwarder.matching.policy import Policy
from forwarder.matching.statistics import Statistics
from tests.matching.knobs import PLAIN
from tests.matching.trial import try_world
from tests.matching.truth import World
from tests.matching.world import make_world

SEED = 7
CANDIDATES = 1_000
RUNS = 3
ADDRESS = "100.64.0.1"
POLICY = Policy(probabilistic="always")


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    world = make_world(replace(PLAIN, clicks=24_000, clicks_per_cgnat_key=0.4), SEED)
    async with scratch_redis("") as (redis, url):
        seconds = min([(await try_world(world, redis, url, {})).seconds for _ in range(RUNS)])
        sys.stdout.write(
            f"backtest: {len(world.clicks):,} visits and {len(world.installs):,} installs in {seconds:.2f} s: "
            f"{len(world.installs) / seconds:,.0f} installs/s\n"
        )
        facts, found = await _crowd(world, redis)
        case = Case(facts, POLICY)
        store = ClickStore(redis, (ADDRESS_KEY,))
        reads = []
        for _ in range(30):
            started = time.perf_counter()
            await gather(store, [case])
            reads.append(time.perf_counter() - started)
    evidence, learned = Evidence(found=found), Statistics()
    matches = []
    for _ in range(200):
        started = time.perf_counter()
        verdict = match(facts, evidence, POLICY, learned)
        matches.append(time.perf_counter() - started)
    sys.stdout.write(
        f"one install among {len(found):,} clicks of {verdict.devices} devices on its address: matched in "
        f"{_ms(matches)}; reading the clicks from Redis before it took {_ms(reads)}\n"
    )


def _ms(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.2f} ms (fastest {min(seconds) * 1000:.2f})"


async def _crowd(world: World, redis: object) -> tuple[InstallFacts, list[Click]]:
    """An install and 1,000 clicks of others on its address within the last ten hours."""
    install = next(line for line in world.installs if line["platform"] == "ios")
    at_ms = 1_793_600_000_000
    reader, store = RecordedVisitReader(redis, "speed", {}), ClickStore(redis, (ADDRESS_KEY,))
    rows: list[Row] = []
    people = [line for line in world.clicks if line["click_id"] in world.person_of_click][:CANDIDATES]
    for number, line in enumerate(people):
        recorded = ClickLine(clicked_at=0, ip=ADDRESS, user_agent=line["user_agent"], query=line["query"])
        rows += reader.open(recorded, at_ms - 36_000 * (number + 1))
    await store.apply(Batch("", -1, rows, {}))
    body = {**install, "ip": ADDRESS, "consent": {"marketing": "granted"}}
    facts = install_facts("speed", "one", at_ms, body)
    return facts, await store.find(ADDRESS, 0, at_ms)


if __name__ == "__main__":
    main()
