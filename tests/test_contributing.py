"""CONTRIBUTING.md leads to files that are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = set(re.findall(r"`([\w.-]+/[\w./-]*|[\w-]*\.\w+)`", (ROOT / "CONTRIBUTING.md").read_text()))
NEW = re.compile(r"(?:.*[/_])?x\.\w+")


def test_every_file_that_is_named_is_there() -> None:
    assert len(NAMED) > 60
    assert [name for name in sorted(NAMED) if not NEW.fullmatch(name) and not (ROOT / name).exists()] == []


def test_what_is_new_goes_where_its_like_are() -> None:
    new = [name for name in NAMED if NEW.fullmatch(name)]
    assert new
    assert [name for name in new if not list((ROOT / name).parent.glob(f"*{Path(name).suffix}"))] == []
