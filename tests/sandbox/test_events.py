"""What counts once, and what is forgotten when."""

import msgspec

from sandbox.events import DEDUPLICATION_S, EventStore, Taken
from tests.sandbox.rows import NOW


def _event(event_id: str | None = "e-1", *, at: float = NOW, event: str = "Purchase", pixel: str = "PIXEL") -> Taken:
    return Taken(at, "request", pixel, None, event, event_id, msgspec.Raw(b"{}"))


def _store(keep: int = 10, remember: int = 10) -> EventStore:
    return EventStore(keep=keep, remember=remember)


def test_the_same_pixel_event_and_id_counts_once() -> None:
    store = _store()
    assert store.take(_event())
    assert not store.take(_event(at=NOW + 60))
    assert (store.unique, store.duplicates) == (1, 1)
    assert [taken.sends for taken in store.newest_first()] == [2]


def test_another_event_name_or_pixel_with_the_same_id_counts_again() -> None:
    store = _store()
    assert store.take(_event())
    assert store.take(_event(event="Subscribe"))
    assert store.take(_event(pixel="OTHER"))
    assert (store.unique, store.duplicates) == (3, 0)


def test_an_event_without_id_always_counts() -> None:
    store = _store()
    assert store.take(_event(None))
    assert store.take(_event(None))
    assert store.unique == 2


def test_a_repeat_counts_again_once_48_hours_have_passed_since_the_first() -> None:
    store = _store()
    store.take(_event())
    assert not store.take(_event(at=NOW + DEDUPLICATION_S - 1))
    assert store.take(_event(at=NOW + DEDUPLICATION_S))
    assert not store.take(_event(at=NOW + DEDUPLICATION_S + 1))
    assert (store.unique, store.duplicates) == (2, 2)


def test_only_the_last_events_are_kept_but_all_are_counted() -> None:
    store = _store(keep=2)
    for number in range(5):
        store.take(_event(f"e-{number}"))
    assert [taken.event_id for taken in store.newest_first()] == ["e-4", "e-3"]
    assert store.unique == 5


def test_an_event_no_longer_kept_is_still_known_as_sent() -> None:
    store = _store(keep=1)
    store.take(_event("old"))
    store.take(_event("new"))
    assert not store.take(_event("old"))


def test_beyond_their_limit_the_oldest_keys_are_forgotten() -> None:
    store = _store(remember=2)
    for number in range(3):
        store.take(_event(f"e-{number}"))
    assert not store.take(_event("e-2"))
    assert store.take(_event("e-0"))
