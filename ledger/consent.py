"""What a person said of consent after their install: the latest word on each category stands in the install's body,
with who said it and when, so that it is found by whatever is about to be sent.

An event that only says again what stands, and refuses nothing, is not written there: most events with consent do, and
an install would be written anew for each. Whoever notes a refusal earlier than such an event finds it in its own row.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec

from ledger.installs import InstallKey

UNKNOWN: Final = "unknown"
GRANTS: Final = frozenset({"granted", "authorized"})
REFUSALS: Final = frozenset({"denied", "restricted"})
BY_INSTALL: Final = "install"
BY_PERSON: Final = "person, "


class ConsentWord(msgspec.Struct, frozen=True):
    """What one event, or another report of the install, says."""

    install: InstallKey
    answers: Mapping[str, str]
    """Category -> granted | denied | unknown; `att_status` has Apple's words."""
    at: datetime
    """When it was said (`occurred_at`): what comes late is not the latest word."""
    by: str
    """BY_INSTALL, or `event <event_id>`; of another install of a person BY_PERSON comes before it."""


def event_word(install: InstallKey, answers: Mapping[str, str], at: datetime, event_id: str) -> ConsentWord:
    """What an event says."""
    return ConsentWord(install, answers, at, f"event {event_id}")


def person_word(install: InstallKey, word: ConsentWord) -> ConsentWord:
    """The same of a further install of the person, where an event names a person and no install."""
    return msgspec.structs.replace(word, install=install, by=BY_PERSON + word.by)


# in one order, so that two transactions meet them alike
HOLD_CONSENT = """
SELECT i.app_id, i.install_id, i.occurred_at, i.body -> 'consent' AS consent, i.body -> 'consent_said' AS said
FROM unnest($1::text[], $2::text[]) AS given (app_id, install_id)
JOIN installs i ON i.app_id = given.app_id AND i.install_id = given.install_id
ORDER BY i.app_id, i.install_id FOR NO KEY UPDATE OF i
"""
# those that were no news when they came; OFFSET keeps it a look-up per install
LATER_WORDS = """
SELECT given.app_id, given.install_id, e.event_id, e.occurred_at, e.consent
FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS given (app_id, install_id, since)
CROSS JOIN LATERAL (
    SELECT event_id, occurred_at, body -> 'consent' AS consent FROM events
    WHERE app_id = given.app_id AND install_id = given.install_id AND joined AND occurred_at > given.since
        AND body ? 'consent' OFFSET 0
) AS e
"""
WRITE_CONSENT = """
UPDATE installs i SET body = i.body || given.change
FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS given (app_id, install_id, change)
WHERE i.app_id = given.app_id AND i.install_id = given.install_id
"""


async def note_consent(connection: Any, words: Iterable[ConsentWord]) -> None:
    """Keep those that are the latest on their category. In the caller's transaction, in which the events that say them
    are stored before; installs that are not there yet are passed over.

    Whoever says anything holds the install until its transaction ends, also where nothing is written: of two that come
    at once the second sees what the first said, be it in the install or in an event's row.
    """
    by_install: dict[InstallKey, list[ConsentWord]] = {}
    for word in words:
        if any(answer != UNKNOWN for answer in word.answers.values()):
            by_install.setdefault(word.install, []).append(word)
    if not by_install:
        return
    keys = sorted(by_install)
    rows = await connection.fetch(HOLD_CONSENT, [app_id for app_id, _ in keys], [install_id for _, install_id in keys])
    held = {(row["app_id"], row["install_id"]): row for row in rows}
    for word in await _later_words(connection, _overruled(held, by_install)):
        by_install[word.install].append(word)
    changes = [(*key, change) for key, row in held.items() if (change := _change(row, by_install[key]))]
    if changes:
        await connection.execute(WRITE_CONSENT, *map(list, zip(*changes, strict=True)))


def _overruled(
    held: Mapping[InstallKey, Mapping[str, Any]], words: Mapping[InstallKey, Sequence[ConsentWord]]
) -> dict[InstallKey, datetime]:
    """Installs that had allowed something which is refused now -> since when, at the earliest."""
    since: dict[InstallKey, datetime] = {}
    for key, row in held.items():
        allowed = {name for name, answer in (row["consent"] or {}).items() if answer not in REFUSALS | {UNKNOWN}}
        refused = [w.at for w in words[key] if any(w.answers.get(name) in REFUSALS for name in allowed)]
        if refused:
            since[key] = min(refused)
    return since


async def _later_words(connection: Any, since: Mapping[InstallKey, datetime]) -> list[ConsentWord]:
    """What stored events of these installs say of consent, of later moments."""
    if not since:
        return []
    columns = [app_id for app_id, _ in since], [install_id for _, install_id in since], list(since.values())
    rows = await connection.fetch(LATER_WORDS, *columns)
    return [event_word((r["app_id"], r["install_id"]), r["consent"], r["occurred_at"], r["event_id"]) for r in rows]


def with_words(body: Mapping[str, Any], installed_at: datetime, words: Iterable[ConsentWord]) -> dict[str, Any]:
    """An install's body as these words leave it."""
    stands = {"occurred_at": installed_at, "consent": body.get("consent"), "said": body.get("consent_said")}
    return {**body, **_change(stands, words)}


def _change(row: Mapping[str, Any], words: Iterable[ConsentWord]) -> dict[str, Any]:
    """What becomes of an install's body; {} where nothing does."""
    consent: dict[str, str] = dict(row["consent"] or {})
    said: dict[str, dict[str, Any]] = dict(row["said"] or {})
    for word in sorted(words, key=lambda word: word.at):
        at = word.at.timestamp()
        for category, answer in word.answers.items():
            if answer == UNKNOWN or (answer == consent.get(category) and _is_found_again(word, answer)):
                continue
            if _is_beyond(word, answer, said.get(category, {})):
                continue
            if _is_newer(at, answer, _said_at(category, row["occurred_at"], consent, said)):
                consent[category] = answer
                said[category] = {"at": at, "by": word.by}
    is_new = (consent, said) != (row["consent"] or {}, row["said"] or {})
    return {"consent": consent, "consent_said": said} if is_new else {}


def _is_beyond(word: ConsentWord, answer: str, said: Mapping[str, Any]) -> bool:
    """What a person allows in general takes back what they refused so, and no refusal of one phone."""
    is_of_person = word.by.startswith(BY_PERSON)
    return is_of_person and answer not in REFUSALS and not str(said.get("by", "")).startswith(BY_PERSON)


def _is_found_again(word: ConsentWord, answer: str) -> bool:
    """Whether it is not written while the same stands. A refusal always is, so that nobody has to look for the latest
    one, and what the install's report says, as it stands nowhere else.
    """
    return answer not in REFUSALS and word.by != BY_INSTALL


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


def answer_at(
    category: str, event: Mapping[str, Any], install: Mapping[str, Any], occurred_at: datetime, installed_at: datetime
) -> str | None:
    """What holds now for an event of this moment: its own word, unless its install has a later one; where it says
    nothing, the install's.

    Args:
        event, install: their bodies.
        installed_at: when the install itself said what it said.
    """
    own: str | None = (event.get("consent") or {}).get(category)
    consent: Mapping[str, str] = install.get("consent") or {}
    said_at = _said_at(category, installed_at, consent, install.get("consent_said") or {})
    at = occurred_at.timestamp()
    if said_at is None or said_at < at or (said_at == at and own in REFUSALS):
        return own_word(own, consent.get(category))
    return consent.get(category)


def own_word(own: str | None, installed: str | None) -> str | None:
    """An event's word on a category, else its install's; `unknown` takes no refusal back."""
    return installed if not own or (own == UNKNOWN and installed in REFUSALS) else own
