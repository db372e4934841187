"""Two commits that are measured in turn: each one's code, and what a run of it took."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Side:
    """A commit's code."""

    name: str
    python: str
    """The interpreter that runs it."""
    directory: Path
    """Where it is run."""


@dataclass(frozen=True, slots=True)
class Took:
    """One run, in seconds. `cpu_s` is of all its processes."""

    wall_s: float
    cpu_s: float
