"""A world's two files, and the truth that goes with them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Truth:
    """What really happened before an install."""

    person: int
    at_s: float
    clicks: tuple[str, ...] = ()
    """The person's own clicks on this app's link before the install, oldest first; none = organic."""
    reachable: bool = False
    """One of them shares an address key with the install, 24 hours or less before it."""
    denied: bool = False
    by_referrer: bool = False
    """The install names its click."""
    household: bool = False
    """Organic, at a device's home."""


@dataclass(slots=True)
class World:
    """Both files' lines by time, and the truth by install id; `forbidden` are visits no credit may ever go to."""

    clicks: list[dict[str, Any]] = field(default_factory=list)
    installs: list[dict[str, Any]] = field(default_factory=list)
    truth: dict[str, Truth] = field(default_factory=dict)
    person_of_click: dict[str, int] = field(default_factory=dict)
    forbidden: dict[str, str] = field(default_factory=dict)
    """Visit -> bot | preload | other app."""

    def write(self, directory: Path) -> tuple[Path, Path]:
        """The two files."""
        return _write(directory / "clicks.ndjson", self.clicks), _write(directory / "installs.ndjson", self.installs)


def address_key(address: str) -> str:
    """The generator's own idea of what two visits share: the IPv4 address, the first four groups of an IPv6 one."""
    return ":".join(address.split(":")[:4]) if ":" in address else address


def _write(path: Path, lines: Iterable[dict[str, Any]]) -> Path:
    with path.open("w") as file:
        file.writelines(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
    return path
