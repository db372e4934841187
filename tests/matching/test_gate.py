"""The regression gate: on frozen worlds the production matcher is right, and never wrong in the ways that count."""

import asyncio
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest

from clicks.connection import connect
from tests.matching.baselines import last_click_same_ip, last_click_same_ip_and_os
from tests.matching.knobs import GATE_SEED, GATE_WORLD, Knobs
from tests.matching.metrics import Score, calibration_error, predictions, score, violations
from tests.matching.trial import Trial, try_world
from tests.matching.truth import World
from tests.matching.world import make_world

TRAPS = replace(
    GATE_WORLD, clicks=700, traps=0.6, bots=0.5, preloads=0.5, other_app=1.0, denied=0.3, referrer=0.7, forged=0.8,
    clock_off=0.2,
)  # fmt: skip

LOSING = replace(GATE_WORLD, clicks=1_800, referrer=0.9, lost=0.4, elsewhere=0.1)


@dataclass(frozen=True)
class Tried:
    """A world and what the matcher made of it."""

    world: World
    trial: Trial

    @property
    def score(self) -> Score:
        return score(self.world, self.trial.credits)


def tried(knobs: Knobs, redis_url: str, **policy: str) -> Tried:
    world = make_world(knobs, GATE_SEED)

    async def run() -> Trial:
        redis = connect(redis_url)
        try:
            return await try_world(world, redis, redis_url, policy)
        finally:
            await redis.aclose()

    return Tried(world, asyncio.run(run()))


@pytest.fixture(scope="module")
def gate(engines: SimpleNamespace) -> Tried:
    return tried(GATE_WORLD, engines.empty_redis())


@pytest.fixture(scope="module")
def losing(engines: SimpleNamespace) -> Tried:
    return tried(LOSING, engines.empty_redis())


@pytest.fixture(scope="module")
def trapped(engines: SimpleNamespace) -> Tried:
    return tried(TRAPS, engines.empty_redis(), match_threshold="0.5")


def test_credits_go_to_the_person_who_clicked(gate: Tried) -> None:
    assert gate.score.precision >= 0.985


def test_nearly_every_ad_install_within_reach_of_its_address_is_credited(gate: Tried) -> None:
    assert gate.score.ceiling - gate.score.recall <= 0.02


def test_organic_installs_are_left_alone(gate: Tried) -> None:
    assert gate.score.false_per_organic <= 0.005


def test_where_play_loses_four_referrers_in_ten_nearly_every_ad_install_is_credited(losing: Tried) -> None:
    assert losing.score.ceiling - losing.score.recall <= 0.02
    assert losing.score.precision >= 0.985
    assert losing.score.false_per_organic <= 0.005
    assert calibration_error(predictions(losing.world, losing.trial.answers)) <= 0.015


def test_an_install_that_names_another_network_is_never_credited(losing: Tried) -> None:
    elsewhere = {line["install_id"] for line in losing.world.installs if "gclid" in line.get("install_referrer", "")}
    assert len(elsewhere) > 20
    assert not elsewhere & losing.trial.credits.keys()


def test_others_take_far_more_organic_installs(gate: Tried) -> None:
    for baseline in (last_click_same_ip, last_click_same_ip_and_os):
        assert score(gate.world, baseline(gate.world)).false_per_organic > 10 * max(0.005, gate.score.false_per_organic)


def test_probabilities_are_what_they_say(gate: Tried) -> None:
    assert calibration_error(predictions(gate.world, gate.trial.answers)) <= 0.02


def test_the_trapped_world_has_traps_of_every_kind(trapped: Tried) -> None:
    kinds = list(trapped.world.forbidden.values())
    assert all(kinds.count(kind) >= 20 for kind in ("bot", "preload", "other app", "injected"))
    assert sum(truth.denied for truth in trapped.world.truth.values()) >= 50
    assert len(trapped.trial.credits) >= 50


@pytest.mark.parametrize("kind", ["bot", "preload", "other app", "injected", "later click", "consent denied"])
def test_never_a_credit_even_at_the_lowest_threshold(trapped: Tried, kind: str) -> None:
    found = violations(trapped.world, trapped.trial.credits)
    assert [install_id for install_id, why in found.items() if why == kind] == []


def test_no_click_is_credited_twice_for_its_address(gate: Tried) -> None:
    by_address = [answer.click_id for answer in gate.trial.answers if answer.method == "probabilistic"]
    assert len(by_address) == len(set(by_address))
