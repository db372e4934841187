"""The generator's own facts: the truth fits the lines, and the shares are what the knobs say."""

from collections import Counter
from dataclasses import replace
from datetime import datetime

import pytest

from clicks.address import address_key as production_key
from redirector.visitors import read_user_agent
from tests.matching.knobs import PLAIN, REPORT_WORLDS, TUNE_WORLDS, Knobs
from tests.matching.truth import World, address_key
from tests.matching.world import OTHER_APP, make_world

SMALL = replace(PLAIN, clicks=1_500, enriched=0.5, referrer=0.5, forged=0.3, traps=0.2, lists_both=0.5, denied=0.1)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(SMALL, 1)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_the_same_seed_makes_the_same_world() -> None:
    tiny = replace(SMALL, clicks=200)
    assert make_world(tiny, 3) == make_world(tiny, 3)
    assert make_world(tiny, 3).clicks != make_world(tiny, 4).clicks


def test_both_files_are_ordered_by_time(world: World) -> None:
    clicked = [seconds(line["clicked_at"]) for line in world.clicks]
    opened = [seconds(line["occurred_at"]) for line in world.installs]
    assert clicked == sorted(clicked)
    assert opened == sorted(opened)


def test_every_install_has_a_truth_and_every_click_an_owner_or_a_reason_to_be_forbidden(world: World) -> None:
    assert {line["install_id"] for line in world.installs} == world.truth.keys()
    ids = [line["click_id"] for line in world.clicks]
    assert len(ids) == len(set(ids))
    assert set(ids) == world.person_of_click.keys() | world.forbidden.keys()
    assert not world.person_of_click.keys() & world.forbidden.keys()


def test_true_clicks_are_the_persons_own_and_older_than_the_install(world: World) -> None:
    clicked = {line["click_id"]: seconds(line["clicked_at"]) for line in world.clicks}
    paid = [truth for truth in world.truth.values() if truth.clicks]
    assert paid
    for truth in paid:
        assert {world.person_of_click[click_id] for click_id in truth.clicks} == {truth.person}
        assert max(clicked[click_id] for click_id in truth.clicks) <= truth.at_s


def test_an_install_is_reachable_exactly_where_a_click_of_its_person_shares_its_address(world: World) -> None:
    clicks = {line["click_id"]: line for line in world.clicks}
    for install in world.installs:
        truth = world.truth[install["install_id"]]
        keys = {production_key(address) for address in (install["ip"], *install.get("ips", ()))}
        at_s = seconds(install["occurred_at"])
        own = [clicks[click_id] for click_id in truth.clicks]
        near = [c for c in own if -30.001 <= at_s - seconds(c["clicked_at"]) <= 86_400.001]
        assert truth.reachable == any(production_key(c["ip"]) in keys for c in near)


def test_addresses_are_what_production_reads(world: World) -> None:
    for line in (*world.clicks[:300], *world.installs[:300]):
        key = production_key(line["ip"])
        assert key is not None
        assert (":" in address_key(line["ip"])) == key.endswith("/64")


def test_forbidden_visits_are_what_their_kind_says(world: World) -> None:
    kinds = Counter(world.forbidden.values())
    assert {"bot", "preload", "other app", "injected"} <= kinds.keys()
    for line in world.clicks:
        kind = world.forbidden.get(line["click_id"])
        read = read_user_agent(line["user_agent"]).kind
        assert read == (kind if kind in {"bot", "preload"} else "click")
        assert (line.get("app_id") == OTHER_APP) == (kind == "other app")


def test_shares_are_as_the_knobs_say(world: World) -> None:
    people = Counter(truth.person for truth in world.truth.values())
    assert set(people.values()) == {1}
    organic = sum(not truth.clicks for truth in world.truth.values()) / len(world.truth)
    assert organic == pytest.approx(
        SMALL.organic_share, abs=0.06
    )  # neighbours whose time lies past the end are left out
    denied = sum(truth.denied for truth in world.truth.values()) / len(world.truth)
    assert denied == pytest.approx(SMALL.denied, abs=0.04)
    enriched = sum("enrichment" in line for line in world.clicks) / len(world.clicks)
    assert enriched == pytest.approx(SMALL.enriched, abs=0.05)
    android = [
        line for line in world.installs if line["platform"] == "android" and world.truth[line["install_id"]].clicks
    ]
    named = sum(world.truth[line["install_id"]].by_referrer for line in android) / len(android)
    assert named == pytest.approx(SMALL.referrer, abs=0.12)


def test_a_truthful_referrer_names_the_last_click(world: World) -> None:
    for install in world.installs:
        truth = world.truth[install["install_id"]]
        if truth.by_referrer:
            assert install["install_referrer"].startswith(f"click_id={truth.clicks[-1]}&")
            assert install["install_begin_at"] <= truth.at_s


@pytest.mark.parametrize(
    ("knobs", "at_least", "at_most"),
    [
        pytest.param(PLAIN, 0.70, 0.90, id="plain"),
        pytest.param(replace(PLAIN, family_mismatch=0.5), 0.50, 0.72, id="misaligned families cost recall"),
        pytest.param(replace(PLAIN, family_mismatch=0.5, lists_both=1.0), 0.72, 0.92, id="naming both mends it"),
    ],
)
def test_how_many_ad_installs_are_within_reach_of_their_address(knobs: Knobs, at_least: float, at_most: float) -> None:
    paid = [t for t in make_world(replace(knobs, clicks=3_000), 1).truth.values() if t.clicks]
    assert at_least < sum(truth.reachable for truth in paid) / len(paid) < at_most


def test_tuning_worlds_are_none_of_the_reports() -> None:
    assert not set(TUNE_WORLDS.values()) & set(REPORT_WORLDS.values())
