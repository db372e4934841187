"""What is said of the likeliest click."""

import msgspec
import pytest

from forwarder.matching.policy import Policy
from forwarder.matching.search import address_verdict, candidates, search
from forwarder.matching.statistics import Statistics
from tests.forwarder.matching.cases import click, install

POLICY = Policy(probabilistic="always")


@pytest.mark.parametrize(("probability", "said"), [(0.9999999, 0.999999), (1.0, 0.999999), (0.9123456, 0.912346)])
def test_a_likeness_is_never_told_as_a_certainty(probability: float, said: float) -> None:
    searched = search(install(), [click()], frozenset(), POLICY, Statistics())
    likely = [msgspec.structs.replace(device, probability=probability) for device in searched.ranked]
    certain = msgspec.structs.replace(searched, probability=probability, ranked=likely)
    assert address_verdict(certain, POLICY).probability == candidates(certain)[0].probability == said
