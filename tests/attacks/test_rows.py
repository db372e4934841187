"""Each row of docs/security.md names tests that show it, and they are there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/security.md").read_text()
ROWS = {row.split(" | ", 1)[0].strip("| "): row for row in TEXT.splitlines() if re.match(r"\| \d", row)}
NUMBERS = (
    1, 2, 3, 4, 5, 7, 8, 9, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 26, 27, 29, 31, 32, 34, 35, 36, 37, 38, 39, 40,
    41, 42, 43, 44, 45, 47, 48, 49, 50, 51, 52, 53, 55, 57, 58, 59, 60, 61, 63, 64,
)  # fmt: skip
NAMED = re.compile(r"`(tests/[\w/]+\.py)(?:::(test_\w+))?`")


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_attack_of_the_list_has_its_row() -> None:
    assert list(ROWS) == [str(number) for number in NUMBERS]


@pytest.mark.parametrize("number", ROWS)
def test_a_row_names_at_least_one_test(number: str) -> None:
    shown_by = ROWS[number].rsplit(" | ", 1)[1]
    assert NAMED.search(shown_by), ROWS[number]
    assert all(name for _, name in NAMED.findall(shown_by))


def test_every_test_that_is_named_is_there() -> None:
    missing = [(path, name) for path, name in NAMED.findall(TEXT) if name and name not in names_in(path)]
    assert missing == []
    assert all((ROOT / path).is_file() for path, _ in NAMED.findall(TEXT))
