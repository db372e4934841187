"""Erasing from a page: the word that has to be typed, and what is said afterwards."""

from collections.abc import Mapping
from typing import Any, Final

from admin.refusal import Refused

WORD: Final = "erase"


def check_typed(typed: str) -> None:
    """Raises:
    Refused: it is not the word.
    """
    if typed.lower() != WORD:
        raise Refused(f"typed: type the word {WORD}; nothing was erased")


def what_went(gone: Mapping[str, Any]) -> str:
    """What an erasure took away, as a sentence."""
    counted = (
        (len(gone["installs"]), "install"),
        (gone["events"], "event"),
        (len(gone["clicks"]), "click"),
        (gone.get("webhooks", 0), "webhook"),
    )
    parts = [f"{number:,} {word}{'' if number == 1 else 's'}" for number, word in counted if number]
    return f"Erased: {', '.join(parts) or 'nothing was stored'}. It does not come back, whatever is sent again."
