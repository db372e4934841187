"""Every row of the table of faults is shown by something, and the document says by what."""

import ast
from pathlib import Path

import pytest

from tests.faults.all_faults import ALL_FAULTS
from tests.faults.fault import Fault
from tests.faults.figures import DOCUMENT
from tests.faults.rows import ADDED, ROWS, Row

TESTS = Path(__file__).parents[1]
RESEARCH = {1, 3, 4, 5, 7, 9, 10, 12, 13, 14, 16, 17, 18, 19, 20, 21, 23, 25, 26, 27, 28, 30, 31, 32}
NAMED = {row.number for row in ROWS}


def test_every_row_of_the_research_is_there() -> None:
    assert {number for number in NAMED if number < ADDED} == RESEARCH
    assert len(NAMED) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.shown_number)
def test_a_row_is_shown_by_something(row: Row) -> None:
    assert row.tests or row.faults


@pytest.mark.parametrize("test", sorted({test for row in ROWS for test in row.tests}))
def test_a_named_test_exists(test: str) -> None:
    path, _, name = test.partition("::")
    parsed = ast.parse((TESTS / path).read_text())
    assert name in {node.name for node in ast.walk(parsed) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: fault.name)
def test_a_fault_belongs_to_rows_of_the_table(fault: Fault) -> None:
    assert set(fault.rows) <= NAMED
    assert fault.rows


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.shown_number)
def test_the_document_names_the_row_and_what_shows_it(row: Row) -> None:
    text = DOCUMENT.read_text()
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {row.shown_number} | {row.what} |")]
    assert all(test in line for test in row.tests)
    assert all(fault.name in line for fault in row.faults)


@pytest.mark.parametrize("fault", ALL_FAULTS, ids=lambda fault: fault.name)
def test_the_document_has_the_figures_of_the_fault(fault: Fault) -> None:
    assert f"\n| {fault.name} |" in DOCUMENT.read_text()
