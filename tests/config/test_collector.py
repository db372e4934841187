"""The collector of cycles in a server."""

import gc
from collections.abc import Iterator

import pytest

from config.collector import YOUNGEST, spare_the_imported


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_what_is_there_at_the_start_is_never_looked_through_again() -> None:
    there: list[object] = [object()]
    there.append(there)
    spare_the_imported()
    assert gc.get_freeze_count() > 0
    assert not any(one is there for one in gc.get_objects())


def test_cycles_that_come_later_are_still_freed() -> None:
    spare_the_imported()
    gc.collect()
    later: list[object] = []
    later.append(later)
    del later
    assert gc.collect() >= 1


def test_the_youngest_are_looked_through_more_rarely() -> None:
    spare_the_imported()
    assert gc.get_threshold()[0] == YOUNGEST
