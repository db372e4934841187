"""The table of starts."""

from loadtests.sides import Took
from loadtests.starts import table


def test_two_sides_are_compared_by_their_medians() -> None:
    lines = table({"then": [Took(4.0, 8.0), Took(9.0, 6.0), Took(5.0, 7.0)], "now": [Took(2.5, 3.5)]}).splitlines()
    assert lines[2:5] == [
        "| then | 5.00 | 4.00 | 9.00 | 7.00 | 6.00 | 8.00 |",
        "| now | 2.50 | 2.50 | 2.50 | 3.50 | 3.50 | 3.50 |",
        "| ratio | 0.50 | | | 0.50 | | |",
    ]


def test_one_side_alone_has_no_ratio() -> None:
    assert "ratio" not in table({"now": [Took(2.5, 3.5)]})
