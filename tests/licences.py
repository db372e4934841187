"""The licences of the libraries in requirements.lock, from what they say of themselves: `python -m tests.licences`.

Writes docs/licences.md. What is not installed here (of another system or Python) keeps the row it had.
"""

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
GUIDE: Final = ROOT / "docs" / "licences.md"
HEAD: Final = """# Licences of the libraries

Made by `python -m tests.licences` from what each says of itself; a test compares. Signalpost ships none of them: `make`
installs them. Those marked *not run* are for tests, checks and extras: the program itself does without.

| library | licence | |
|---|---|---|
"""
SAID_ELSEWHERE: Final = {
    "async-timeout": "Apache-2.0",
    "axe-playwright-python": "MIT",
    "colorama": "BSD-3-Clause",
    "crawler-user-agents": "MIT",
    "pywin32": "PSF-2.0",
}
"""Of those whose metadata does not say it, or that other systems and Pythons need alone: as their repositories say."""
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==", re.MULTILINE)
_ROW = re.compile(r"^\| ([a-z0-9.-]+) \| (.+?) \| (.*?) ?\|$", re.MULTILINE)
_ABOUT_LICENCES = "License :: OSI Approved :: "
NOT_SAID: Final = "not said"
_LONGEST = 60  # a whole text stands where its name should


def pinned() -> list[str]:
    """Names in requirements.lock, as the index writes them."""
    names = _PINNED.findall((ROOT / "requirements.lock").read_text())
    return sorted({re.sub(r"[-_.]+", "-", name).lower() for name in names})


def licence_of(name: str) -> str | None:
    """In the library's words, an SPDX expression where it has one; None where it says nothing or is not installed."""
    try:
        return _told(distribution(name))
    except PackageNotFoundError:
        return None


def _told(found: Distribution) -> str | None:
    metadata = found.metadata
    expression = metadata.get("License-Expression")
    if expression:
        return expression
    classified = [
        one.removeprefix(_ABOUT_LICENCES) for one in metadata.get_all("Classifier") or () if _ABOUT_LICENCES in one
    ]
    said = (metadata.get("License") or "").strip()
    if said and len(said) <= _LONGEST and "\n" not in said and said.upper() != "UNKNOWN":
        return said
    return ", ".join(sorted(classified)) or (said.splitlines()[0][:_LONGEST] if said else None)


def written() -> dict[str, str]:
    """Library -> licence, as docs/licences.md has it."""
    rows = _ROW.findall(GUIDE.read_text()) if GUIDE.exists() else []
    return {name: licence for name, licence, _ in rows if name != "library"}


def wanted() -> dict[str, str]:
    """As it should be."""
    before = written() | SAID_ELSEWHERE
    return {name: licence_of(name) or before.get(name, NOT_SAID) for name in pinned()}


def _needed(name: str, seen: frozenset[str]) -> frozenset[str]:
    """All that a library needs without an extra."""
    if name in seen:
        return seen
    seen = seen | {name}
    try:
        requires = distribution(name).requires or ()
    except PackageNotFoundError:
        return seen
    for requirement in requires:
        if "extra ==" not in requirement:
            found = re.match(r"[A-Za-z0-9._-]+", requirement)
            if found:
                seen = _needed(re.sub(r"[-_.]+", "-", found[0]).lower(), seen)
    return seen


def table() -> str:
    needed = _needed("signalpost", frozenset())
    rows = [f"| {name} | {licence} | {'' if name in needed else '*not run*'} |" for name, licence in wanted().items()]
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    GUIDE.write_text(table())
