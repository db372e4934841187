"""docs/licences.md is what the installed libraries say, and nobody's licence is a surprise."""

import re

import pytest

from tests import licences

# permissive, or weak enough that a program which imports the library unchanged keeps its own licence
LOOKED_AT = re.compile(
    r"(MIT|MIT-0|BSD|BSD-[23]-Clause|BSD [23]-Clause|[23]-Clause BSD|Apache|Apache[- ]2\.0|PSF-2\.0|ISC|ZPL-2\.1"
    r"|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)|GNU LGPL v3\+)( Software)?( License)?"
)


def test_the_page_is_as_the_libraries_say() -> None:
    assert licences.written() == licences.wanted(), "run `python -m tests.licences`"


def test_every_pinned_library_has_its_row() -> None:
    assert set(licences.written()) == set(licences.pinned())
    assert len(licences.pinned()) > 80


@pytest.mark.parametrize(("name", "licence"), sorted(licences.written().items()))
def test_each_licence_is_one_that_somebody_has_looked_at(name: str, licence: str) -> None:
    parts = re.split(r" (?:AND|OR) |, ", licence)
    assert all(LOOKED_AT.fullmatch(part) for part in parts), f"{name}: {licence}"


@pytest.mark.parametrize("licence", [licences.NOT_SAID, "GPL-3.0-only", "AGPL-3.0", "Proprietary", "SSPL-1.0"])
def test_a_licence_that_would_bind_us_is_noticed(licence: str) -> None:
    assert LOOKED_AT.fullmatch(licence) is None
