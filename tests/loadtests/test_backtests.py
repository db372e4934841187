"""What a comparison of backtests says."""

from pathlib import Path

from loadtests.backtests import Row, table
from loadtests.sides import Side, Took

SIDES = [Side("then", "python", Path()), Side("now", "python", Path())]
START = Row("start", 1, 1, [Took(1.0, 1.0), Took(1.0, 2.0)])


def test_the_start_is_taken_off_and_the_slowest_world_counts() -> None:
    rows = [
        START,
        Row("plain", 9_000, 1_000, [Took(2.0, 2.0), Took(1.5, 3.0)]),
        Row("flood", 9_000, 1_000, [Took(5.0, 6.0), Took(3.0, 6.0)]),
    ]
    said = table(SIDES, rows)
    assert "| plain | 9,000 | 1,000 | 1,000 | 1,000 | 2,000 | 1,000 | 2.00 | 1.00 |" in said
    assert "| flood | 9,000 | 1,000 | 250 | 200 | 500 | 250 | 2.00 | 1.25 |" in said
    assert "Slowest world: 250 against 500 installs per second, 200 against 250 per CPU second." in said
    assert "Ratio of the slowest: 2.00 by the clock, 1.25 by CPU." in said


def test_one_side_alone_has_no_ratio() -> None:
    rows = [Row("start", 1, 1, [Took(1.0, 1.0)]), Row("plain", 9_000, 1_000, [Took(2.0, 3.0)])]
    said = table(SIDES[1:], rows)
    assert "| plain | 9,000 | 1,000 | 1,000 | 500 |" in said
    assert "atio" not in said
