"""CONTRIBUTING.md leads to files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
FILE = re.compile(r"`([\w.-]+/[\w./-]*|[\w-]*\.\w+)`")
NAMED = set(FILE.findall(TEXT))
ADDITIONS = re.findall(r"^\| (?!to add)(.+?) \| (.+?) \| .+ \|$", TEXT.partition("## How to add")[2], re.MULTILINE)
NEW = re.compile(r"(?:.*[/_])?x\.\w+")


def test_every_file_that_is_named_is_there() -> None:
    assert len(NAMED) > 60
    assert [name for name in sorted(NAMED) if not NEW.fullmatch(name) and not (ROOT / name).exists()] == []


def test_what_is_new_goes_where_its_like_are() -> None:
    new = [name for name in NAMED if NEW.fullmatch(name)]
    assert new
    assert [name for name in new if not list((ROOT / name).parent.glob(f"*{Path(name).suffix}"))] == []


def test_no_addition_takes_more_than_four_files_beside_tests_and_docs() -> None:
    without_remarks = {what: re.sub(r"\([^)]*\)", "", code) for what, code in ADDITIONS}
    always = {what: len(FILE.findall(code.partition(";")[0])) for what, code in without_remarks.items()}
    assert len(always) > 10
    assert {what: files for what, files in always.items() if files > 4} == {}
