"""A column of a list or table: its heading, and how its values are written."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "id", "count", "money", "percent", "ratio", "time", "state", "code"]


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    """Of the row's value, and in the CSV."""
    label: str
    kind: Kind = "text"
    href: str = ""
    """The row's key that holds where the cell leads; such keys are no columns of the CSV."""
    title: str = ""
    """What the heading says on focus."""
