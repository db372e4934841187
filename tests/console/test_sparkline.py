"""The small line: from zero, gaps are gaps, what is not over is drawn apart."""

import re
from itertools import pairwise

from console.sparkline import HEIGHT, sparkline


def paths(text: str) -> list[str]:
    return re.findall(r' d="([^"]*)"', text)


def test_a_line_begins_at_zero_and_reaches_the_top() -> None:
    [line] = paths(sparkline([0, 5, 10]))
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", line)]
    assert heights == [HEIGHT - 2, HEIGHT / 2, 2]
    assert all(above > below for above, below in pairwise(heights))


def test_a_gap_is_no_line() -> None:
    [line] = paths(sparkline([1, 2, None, 3, 4]))
    assert line.count("M") == 2
    assert line.count("L") == 2


def test_the_way_to_what_is_not_over_is_apart() -> None:
    [line, ahead] = paths(sparkline([1, 2, 3], is_unfinished=True))
    assert line.count("L") == 1
    assert ahead.count("L") == 1


def test_little_or_nothing_is_no_line() -> None:
    assert [sparkline(values) for values in ([], [None, None], [5], [0, 0])] == [""] * 4
