"""Many worlds and seeds, two processes at most, and what came of them."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from backtest.scratch import scratch_redis
from tests.matching.baselines import BASELINES
from tests.matching.knobs import Knobs
from tests.matching.metrics import Prediction, Score, predictions, score
from tests.matching.trial import Trial, try_world
from tests.matching.truth import World
from tests.matching.world import make_world

MATCHER = "Signalpost, P >= 0.90"
PROCESSES = 2


@dataclass(frozen=True, slots=True)
class Job:
    """One world of one seed under one policy."""

    name: str
    knobs: Knobs
    seed: int
    policy: Mapping[str, str] = field(default_factory=dict)
    predicts: bool = True
    """Run it once more at the lowest threshold, to see what lesser probabilities are worth."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job."""

    job: Job
    scores: dict[str, Score]
    """By method: the matcher's and the baselines'."""
    predictions: list[Prediction]
    """After the warm-up, at a threshold of 0.5; none where the job did not ask."""
    installs: int
    seconds: float
    wrong: Counter[str]
    """Why credits were wrong, and why reachable ad installs got none."""


def run_job(job: Job) -> Result:
    """Make the world, match it, measure it."""
    world = make_world(job.knobs, job.seed)
    trial, unsure = asyncio.run(_try(world, job))
    predicted = predictions(world, unsure.answers) if unsure is not None else []
    return Result(
        job=job,
        scores={MATCHER: score(world, trial.credits)}
        | {name: score(world, of(world)) for name, of in BASELINES.items()},
        predictions=predicted,
        installs=len(world.installs),
        seconds=trial.seconds,
        wrong=_wrong(world, trial),
    )


def run_jobs(jobs: Iterable[Job], processes: int = PROCESSES) -> Iterator[Result]:
    """The results, in the order of the jobs."""
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(run_job, jobs)


async def _try(world: World, job: Job) -> tuple[Trial, Trial | None]:
    async with scratch_redis("") as (redis, url):
        decided = await try_world(world, redis, url, job.policy)
        lowest = {**job.policy, "match_threshold": "0.5"}
        return decided, await try_world(world, redis, url, lowest) if job.predicts else None


def _wrong(world: World, trial: Trial) -> Counter[str]:
    counted: Counter[str] = Counter()
    platforms = {line["install_id"]: line["platform"] for line in world.installs}
    for answer in trial.answers:
        truth, platform = world.truth[answer.install_id], platforms[answer.install_id]
        owner = world.person_of_click.get(answer.click_id or "")
        if answer.click_id is not None and owner != truth.person:
            counted[
                f"wrong, {platform}, {'household' if truth.household else 'paid' if truth.clicks else 'organic'}"
            ] += 1
        elif answer.click_id is None and truth.reachable and not truth.denied:
            counted[f"missed, {platform}: {_kind(answer.reason)}"] += 1
    return counted


def _kind(reason: str) -> str:
    """A reason without its numbers."""
    return " ".join(word for word in reason.split() if not any(c.isdigit() for c in word))[:90]
