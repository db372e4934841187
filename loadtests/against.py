"""This commit beside an earlier one: both products run and are loaded in turn, so that a busy minute hits both."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from loadtests.checkout import ROOT, check_out
from loadtests.contestants import ContestantError
from loadtests.cores import Cores
from loadtests.forwarding import Drained, ForwardBench
from loadtests.generator import CLICKS, CLICKS_EVERY_MACRO, EVENTS, INSTALLS
from loadtests.product import Product
from loadtests.redirecting import ClickCheck, RedirectBench, bytes_each
from loadtests.rounds import Length, Round, Summary, summary_of

REDIRECTS, EVERY_MACRO = "redirects", "redirects, all ten macros filled in"
SINGLE_INSTALLS, SINGLE_EVENTS, LISTS = "single installs", "single events", "lists of events"


class Side:
    """One of the two products, and what loads it."""

    def __init__(self, product: Product, cores: Cores, length: Length) -> None:
        self.redirects = RedirectBench(product, cores, length)
        self.forwarder = ForwardBench(product, cores, length)


@dataclass(frozen=True, slots=True)
class Measured:
    """What one side did. Bytes are of Redis memory, per click."""

    loads: dict[str, Summary]  # what was asked for -> the medians of its rounds
    drained: Drained
    bytes_per_click: float
    check: ClickCheck


LOADS: dict[str, Callable[[Side], Round]] = {
    REDIRECTS: lambda side: side.redirects.load(CLICKS),
    EVERY_MACRO: lambda side: side.redirects.load(CLICKS_EVERY_MACRO),
    SINGLE_INSTALLS: lambda side: side.forwarder.load(INSTALLS),
    SINGLE_EVENTS: lambda side: side.forwarder.load(EVENTS),
    LISTS: lambda side: side.forwarder.load_lists(),
}


@contextmanager
def product_of(commit: str, directory: Path, root: Path = ROOT) -> Iterator[tuple[str, Product]]:
    """A commit's short name and its running product, in a `directory` that is ours alone and does not exist yet.

    Raises:
        ContestantError: there is no such commit, or it does not start; the text names AGAINST.
    """
    directory.mkdir()
    checkout = check_out(commit, directory, root)
    with ExitStack() as stack:
        try:
            product = stack.enter_context(Product(directory, checkout.python))
        except (ContestantError, OSError, LookupError, ValueError) as error:  # answers in another shape are no start
            raise ContestantError(f"AGAINST={commit} does not start: {error}") from error
        yield checkout.commit, product


def compare(then: Product, now: Product, cores: Cores, length: Length) -> tuple[Measured, Measured]:
    """What both did, `then` first, with rounds that take turns."""
    sides = [Side(product, cores, length) for product in (then, now)]
    for side in sides:
        side.redirects.place()
        side.forwarder.begin()
    empty = [side.redirects.stored() for side in sides]
    found = [{REDIRECTS: summaries} for summaries in _in_turn(REDIRECTS, sides, length.rounds)]
    plain = [side.redirects.stored() for side in sides]
    for name in list(LOADS)[1:]:
        for loads, summary in zip(found, _in_turn(name, sides, length.rounds), strict=True):
            loads[name] = summary
    drained = [side.forwarder.drain() for side in sides]
    checks = [side.redirects.check(side.redirects.stored()) for side in sides]
    grown = [bytes_each(*readings) for readings in zip(empty, plain, strict=True)]
    first, second = (Measured(*each) for each in zip(found, drained, grown, checks, strict=True))
    return first, second


def _in_turn(name: str, sides: list[Side], count: int) -> list[Summary]:
    rounds: list[list[Round]] = [[] for _ in sides]
    for _ in range(count):
        for side, of_side in zip(sides, rounds, strict=True):
            of_side.append(LOADS[name](side))
    return [summary_of(of_side) for of_side in rounds]
