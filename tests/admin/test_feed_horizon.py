"""Up to where a feed may be shown."""

from admin.feed_horizon import PATIENCE_S, Horizon

NOBODY: frozenset[str] = frozenset()


def test_what_is_seen_while_nobody_writes_is_final_at_once() -> None:
    horizon = Horizon()
    assert horizon.advance((5, 2), NOBODY, 0) == (5, 2)
    assert horizon.is_known


def test_what_is_seen_beside_writers_waits_for_all_of_them() -> None:
    horizon = Horizon()
    assert horizon.advance((5, 2), frozenset({"a", "b"}), 0) == (0, 0)
    assert not horizon.is_known
    assert horizon.advance((7, 2), frozenset({"b", "c"}), 1) == (0, 0)
    assert horizon.advance((9, 3), frozenset({"c"}), 2) == (5, 2)
    assert horizon.advance((9, 3), NOBODY, 3) == (9, 3)


def test_writers_that_never_stop_coming_do_not_hold_it_up() -> None:
    horizon = Horizon()
    finals = [horizon.advance((number, 0), frozenset({str(number)}), number)[0] for number in range(1, 6)]
    assert finals == [0, 1, 2, 3, 4]


def test_who_writes_for_long_is_no_longer_waited_for() -> None:
    horizon = Horizon()
    horizon.advance((5, 0), frozenset({"import"}), 0)
    assert horizon.advance((6, 0), frozenset({"import"}), PATIENCE_S) == (0, 0)
    assert horizon.advance((6, 0), frozenset({"import"}), PATIENCE_S + 1) == (6, 0)
    assert horizon.advance((8, 0), frozenset({"import", "x"}), PATIENCE_S + 2) == (6, 0)
    assert horizon.advance((8, 0), frozenset({"import"}), PATIENCE_S + 3) == (8, 0)


def test_it_never_goes_back() -> None:
    horizon = Horizon()
    horizon.advance((5, 5), NOBODY, 0)
    assert horizon.advance((3, 6), NOBODY, 1) == (5, 6)
