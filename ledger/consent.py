"""What a person said of consent after their install: the latest word on each category stands in the install's body,
with who said it and when, so that it is found by whatever is about to be sent.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from ledger.installs import InstallKey

UNKNOWN: Final = "unknown"
REFUSALS: Final = frozenset({"denied", "restricted"})


class ConsentWord(msgspec.Struct, frozen=True):
    """What one event, or another report of the install, says."""

    install: InstallKey
    answers: Mapping[str, str]
    """Category -> granted | denied | unknown; `att_status` has Apple's words."""
    at: datetime
    """When it was said (`occurred_at`): what comes late is not the latest word."""
    by: str
    """`install`, or `event <event_id>`."""


# in one order, so that two transactions meet them alike
HOLD_CONSENT = """
SELECT i.app_id, i.install_id, i.occurred_at, i.body -> 'consent' AS consent, i.body -> 'consent_said' AS said
FROM unnest($1::text[], $2::text[]) AS given (app_id, install_id)
JOIN installs i ON i.app_id = given.app_id AND i.install_id = given.install_id
ORDER BY i.app_id, i.install_id FOR NO KEY UPDATE OF i
"""
WRITE_CONSENT = """
UPDATE installs i SET body = i.body || given.change
FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS given (app_id, install_id, change)
WHERE i.app_id = given.app_id AND i.install_id = given.install_id
"""


async def note_consent(connection: Any, words: Iterable[ConsentWord]) -> None:
    """Keep those that are the latest on their category. In the caller's transaction; installs that are not there yet
    are passed over.
    """
    by_install: dict[InstallKey, list[ConsentWord]] = {}
    for word in words:
        if any(answer != UNKNOWN for answer in word.answers.values()):
            by_install.setdefault(word.install, []).append(word)
    if not by_install:
        return
    keys = sorted(by_install)
    rows = await connection.fetch(HOLD_CONSENT, [app_id for app_id, _ in keys], [install_id for _, install_id in keys])
    changes = [
        (row["app_id"], row["install_id"], change)
        for row in rows
        if (change := _change(row, by_install[row["app_id"], row["install_id"]]))
    ]
    if changes:
        await connection.execute(WRITE_CONSENT, *map(list, zip(*changes, strict=True)))


def _change(row: Mapping[str, Any], words: Iterable[ConsentWord]) -> dict[str, Any]:
    """What becomes of an install's body; {} where nothing does."""
    consent: dict[str, str] = dict(row["consent"] or {})
    said: dict[str, dict[str, Any]] = dict(row["said"] or {})
    for word in sorted(words, key=lambda word: word.at):
        at = word.at.timestamp()
        for category, answer in word.answers.items():
            if answer != UNKNOWN and _is_newer(at, answer, _said_at(category, row["occurred_at"], consent, said)):
                consent[category] = answer
                said[category] = {"at": at, "by": word.by}
    return {"consent": consent, "consent_said": said} if said != (row["said"] or {}) else {}


def _said_at(
    category: str, installed_at: datetime, consent: Mapping[str, str], said: Mapping[str, Mapping[str, Any]]
) -> float | None:
    """When what stands was said (Unix s); None where nothing stands."""
    if category in said:
        return float(said[category]["at"])
    return installed_at.timestamp() if consent.get(category, UNKNOWN) != UNKNOWN else None


def _is_newer(at: float, answer: str, before: float | None) -> bool:
    """Of two words of one moment the refusal counts."""
    return before is None or at > before or (at == before and answer in REFUSALS)


def answer_at(category: str, event: Mapping[str, Any], install: Mapping[str, Any], occurred_at: datetime) -> str | None:
    """What holds now for an event of this moment: its own word, unless its install heard a later one; where it says
    nothing, the install's.

    Args:
        event, install: their bodies.
    """
    own: str | None = (event.get("consent") or {}).get(category)
    installed: str | None = (install.get("consent") or {}).get(category)
    said = (install.get("consent_said") or {}).get(category)
    if said is not None and said["at"] >= occurred_at.timestamp():
        return installed
    return own_word(own, installed)


def own_word(own: str | None, installed: str | None) -> str | None:
    """An event's word on a category, else its install's; `unknown` takes no refusal back."""
    return installed if not own or (own == UNKNOWN and installed in REFUSALS) else own
