"""Erasing a person, and the tombstones that keep a replay from bringing them back.

A tombstone is a keyed hash of an app's id and an install's or person's, so that the table names nobody. What is gone:
installs, events, their deliveries with payloads and postback log, claims. Visit counts stay: they name no person.
"""

import hmac
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from ledger.deliveries import rows_of
from ledger.report_deltas import held, take_away_installs, uncounted
from ledger.report_facts import event_facts, install_facts
from ledger.webhook_providers import PROVIDERS

Kind = Literal["install", "person"]
TombstoneKeys = tuple[bytes, ...]
"""`Keyring.derive("tombstone")`, newest first: the first writes, all read."""

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure took away."""

    install_ids: tuple[str, ...] = ()
    events: int = 0
    click_ids: tuple[str, ...] = ()
    """Matched clicks."""
    names: tuple[str, ...] = ()
    """What names clicks of theirs, as `find_clicks` has it."""
    webhooks: int = 0
    """Webhooks that named them and became no event of theirs."""

    def __add__(self, more: "Erased") -> "Erased":
        return Erased(
            self.install_ids + more.install_ids,
            self.events + more.events,
            self.click_ids + more.click_ids,
            self.names + more.names,
            self.webhooks + more.webhooks,
        )

    @property
    def is_nothing(self) -> bool:
        """Whether nobody of this id was known."""
        return not (self.install_ids or self.events or self.webhooks)

    def check_clicks(self, erased_names: Iterable[str]) -> None:
        """See that the clicks of all that went were erased before: what names them is gone with it.

        Raises:
            ClicksLeftError: the caller's transaction has to be undone.
        """
        if not set(self.names).issubset(erased_names):
            raise ClicksLeftError


class ClicksLeftError(Exception):
    """An install was stored or matched at this moment: erase what `find_clicks` finds by now, and then again."""


def tombstone(key: bytes, app_id: str, kind: Kind, identifier: str) -> bytes:
    """32 bytes that stand for an install id or an external id of an app."""
    return hmac.digest(key, "\x00".join((kind, app_id, identifier)).encode(), "sha256")


def tombstones(keys: TombstoneKeys, app_id: str, install_id: str | None, external_ids: Iterable[str]) -> list[bytes]:
    """Every hash under which an install or event of these ids could have been erased."""
    named: list[tuple[Kind, str]] = [] if install_id is None else [("install", install_id)]
    named += [("person", external_id) for external_id in external_ids]
    return [stone for key in keys for kind, one in named for stone in _in_every_spelling(key, app_id, kind, one)]


@lru_cache(maxsize=8_192)  # the events of an install come together
def _in_every_spelling(key: bytes, app_id: str, kind: Kind, identifier: str) -> tuple[bytes, ...]:
    """Of an id as it is, and of a UUID in capitals, too: so iOS writes it, and so it was hashed until ids were made
    canonical. A hash cannot be rewritten.
    """
    spellings = (identifier, identifier.upper()) if _UUID.fullmatch(identifier) else (identifier,)
    return tuple(tombstone(key, app_id, kind, one) for one in spellings)


ERASED = "SELECT hash FROM tombstones WHERE hash = ANY($1::bytea[])"


async def erased(connection: Any, hashes: Sequence[bytes]) -> frozenset[bytes]:
    """Which of these tombstones stand. `connection` is an asyncpg connection or pool."""
    return frozenset(row["hash"] for row in await connection.fetch(ERASED, list(hashes)))


# Most people sign in after the install: then their events alone say that it is theirs. One look for each way to know
# it: an OR of all of them would read every install of the app.
INSTALLS_OF = """
SELECT install_id, click_id, body ->> 'click_id' AS link, body ->> 'install_referrer' AS referrer FROM installs
WHERE app_id = $1 AND install_id IN (
    SELECT unnest($2::text[])
    UNION SELECT i.install_id FROM installs i WHERE i.app_id = $1 AND i.external_ids @> ARRAY[$3::text]
    UNION SELECT p.install_id FROM person_installs p WHERE p.app_id = $1 AND p.person = $3
    UNION SELECT e.install_id FROM events e
    WHERE $3::text IS NOT NULL AND e.app_id = $1 AND e.joined AND e.external_ids @> ARRAY[$3::text])
ORDER BY install_id FOR UPDATE
"""
# what was being stored while the rest went: stored within seconds, and found by when it came
_JUST_NOW = "received_at > now() - interval '2 minutes'"
INSTALLS_THAT_CAME = INSTALLS_OF.replace("AND e.joined", f"AND e.joined AND e.{_JUST_NOW}")
# A worker may be joining them, or matching their install: what is deleted is seen as it is then, with its install as it
# is then, or reports would go on counting it.
HOLD_EVENTS = """
SELECT event_key FROM events WHERE app_id = $1
    AND (install_id = ANY($2::text[]) OR external_ids @> ARRAY[$3::text] OR external_ids && $2::text[])
ORDER BY event_key FOR UPDATE
"""
HOLD_THEIR_INSTALLS = """
SELECT FROM installs WHERE app_id = $1
    AND install_id IN (SELECT e.install_id FROM events e WHERE e.app_id = $1 AND e.event_key = ANY($2::bigint[]))
ORDER BY install_id FOR KEY SHARE
"""
_GONE = "gone e JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id"
# reports count them no longer
DELETE_EVENTS = f"""
WITH gone AS (
    DELETE FROM events WHERE app_id = $1
        AND (install_id = ANY($2::text[]) OR external_ids @> ARRAY[$3::text] OR external_ids && $2::text[])
    RETURNING *
), counted AS MATERIALIZED ({held(event_facts(_GONE))}), taken AS ({uncounted("SELECT * FROM counted")})
SELECT event_key, event_id,
    CASE WHEN source = ANY($4::text[]) AND external_ids @> ARRAY[$3::text]
        THEN external_ids ELSE ARRAY[]::text[] END AS also
FROM gone
"""  # noqa: S608 - put together from the ledger's own text, here and below
_OF_PEOPLE = "external_ids @> ARRAY[$3::text] OR external_ids && $2::text[]"
# an install that came takes along what had waited for it
HOLD_EVENTS_THAT_CAME = HOLD_EVENTS.replace(_OF_PEOPLE, f"{_JUST_NOW} AND ({_OF_PEOPLE})")
DELETE_EVENTS_THAT_CAME = DELETE_EVENTS.replace(_OF_PEOPLE, f"{_JUST_NOW} AND ({_OF_PEOPLE})")
DELETE_PEOPLE = "DELETE FROM person_installs WHERE app_id = $1 AND person = $2"
# in a ledger of partitions nothing else takes them along; the ids of a ledger that is becoming one may be written
# down at this moment, so it is a statement of its own (`partitioning`)
FORGET_IDS = "DELETE FROM event_ids WHERE app_id = $1 AND event_id = ANY($2::text[])"
DELETE_BODIES_OF_EVENTS = "DELETE FROM webhook_bodies WHERE app_id = $1 AND event_key = ANY($2::bigint[])"
# a body that became an event goes with it; of one that could not be read, nobody knows whom it names
DELETE_BODIES = """
DELETE FROM webhook_bodies WHERE app_id = $1 AND (people && $2::text[] OR (outcome = 'unread'
    AND EXISTS (SELECT FROM unnest($2::text[]) AS person WHERE position(convert_to(person, 'UTF8') IN body) > 0)))
"""
# An alias, a customer's or a payment's number: a platform's next message may name the person by it alone. One that is
# left with somebody else is no name of this person's own
STILL_CALLED = """
SELECT person FROM person_installs WHERE app_id = $1 AND person = ANY($2::text[])
UNION SELECT install_id FROM installs WHERE app_id = $1 AND install_id = ANY($2::text[])
UNION SELECT unnest(external_ids) FROM installs WHERE app_id = $1 AND external_ids && $2::text[]
UNION SELECT unnest(external_ids) FROM events WHERE app_id = $1 AND external_ids && $2::text[]
"""
DELETE_CLAIMS = "DELETE FROM click_claims WHERE app_id = $1 AND install_id = ANY($2::text[])"
DELETE_INSTALLS = f"""
WITH gone AS (DELETE FROM installs WHERE app_id = $1 AND install_id = ANY($2::text[]) RETURNING *)
{uncounted(install_facts("gone i"))}
"""  # noqa: S608
LAY_TOMBSTONES = "INSERT INTO tombstones (hash) SELECT unnest($1::bytea[]) ON CONFLICT DO NOTHING"


async def find_clicks(connection: Any, app_id: str, install_id: str | None, external_id: str | None) -> list[str]:
    """What names the clicks of all that `erase` with the same arguments takes away: the ids of matched ones, and what
    the app said brought the install, whose click may still lie in a spool or have come too late for a match.
    """
    install_ids = [] if install_id is None else [install_id]
    return _names(await connection.fetch(INSTALLS_OF.replace("FOR UPDATE", ""), app_id, install_ids, external_id))


def _names(rows: Iterable[Any]) -> list[str]:
    found = [row[column] for row in rows for column in ("click_id", "link", "referrer")]
    return list(dict.fromkeys(filter(None, found)))


class _Whom(NamedTuple):
    app_id: str
    install_ids: tuple[str, ...]
    external_id: str | None


async def erase(
    connection: Any, key: bytes, app_id: str, *, install_id: str | None = None, external_id: str | None = None
) -> Erased:
    """Erase an install, or a person with all installs and events of the external id. Runs in the caller's transaction.

    `key` is the newest of the TombstoneKeys. Where nothing was there, no tombstone is laid. What a subscription
    platform calls the person besides is kept out, too. The clicks go before: `Erased.check_clicks`. What was being
    stored meanwhile `erase_what_came` takes away, once this is committed.
    """
    whom = _Whom(app_id, () if install_id is None else (install_id,), external_id)
    return await _erase(connection, key, whom, (INSTALLS_OF, HOLD_EVENTS, DELETE_EVENTS))


async def erase_what_came(
    connection: Any, key: bytes, app_id: str, *, install_ids: Iterable[str] = (), external_id: str | None = None
) -> Erased:
    """The same of what came within the last minutes alone: in a transaction of its own, until nothing is there.

    `install_ids` are those that went with a person, too.
    """
    whom = _Whom(app_id, tuple(install_ids), external_id)
    return await _erase(connection, key, whom, (INSTALLS_THAT_CAME, HOLD_EVENTS_THAT_CAME, DELETE_EVENTS_THAT_CAME))


async def _erase(connection: Any, key: bytes, whom: _Whom, statements: tuple[str, str, str]) -> Erased:
    app_id, named, external_id = whom
    installs_of, hold_events, delete_events = statements
    rows = await connection.fetch(installs_of, *whom)
    # the events of one that was named may have arrived before it
    install_ids = list(dict.fromkeys((*(row["install_id"] for row in rows), *named)))
    held = await connection.fetch(hold_events, app_id, install_ids, external_id)
    await connection.execute(HOLD_THEIR_INSTALLS, app_id, [row["event_key"] for row in held])
    events = await connection.fetch(delete_events, app_id, install_ids, external_id, list(PROVIDERS))
    await connection.execute(FORGET_IDS, app_id, [row["event_id"] for row in events])
    await connection.execute(DELETE_BODIES_OF_EVENTS, app_id, [row["event_key"] for row in events])
    await connection.execute(DELETE_PEOPLE, app_id, external_id)
    await connection.execute(DELETE_CLAIMS, app_id, install_ids)
    await connection.execute(DELETE_INSTALLS, app_id, install_ids)
    people = [external_id] if external_id is not None else []
    people += await _also_called(connection, app_id, {one for row in events for one in row["also"]} - {external_id})
    webhooks = rows_of(await connection.execute(DELETE_BODIES, app_id, [*install_ids, *people]))
    click_ids = tuple(row["click_id"] for row in rows if row["click_id"] is not None)
    gone = Erased(tuple(row["install_id"] for row in rows), len(events), click_ids, tuple(_names(rows)), webhooks)
    if not gone.is_nothing:
        hashes = [tombstone(key, app_id, "install", identifier) for identifier in install_ids]
        hashes += [tombstone(key, app_id, "person", person) for person in people]
        await connection.execute(LAY_TOMBSTONES, hashes)
    return gone


async def _also_called(connection: Any, app_id: str, named: Set[str]) -> list[str]:
    """Those of the ids that nobody who is left has."""
    if not named:
        return []
    left = {row["person"] for row in await connection.fetch(STILL_CALLED, app_id, sorted(named))}
    return sorted(named - left)


INSTALLS_OF_CLICK = """
SELECT install_id FROM installs WHERE app_id = $1 AND click_id = $2 ORDER BY install_id FOR UPDATE
"""
ERASE_CLICK = """
UPDATE installs SET match_method = 'none', match_probability = NULL, match_reason = 'the click was erased',
    match_detail = '{}', click_id = NULL, click = NULL
WHERE app_id = $1 AND click_id = $2
"""
# a worker that has claimed one holds its payload in memory: it loses the lease, so that it neither stores nor sends it
FORGET_PAYLOADS = """
WITH forgotten AS (
    UPDATE deliveries d SET payload = NULL, lease = NULL,
        state = CASE WHEN d.state = 'sending' THEN 'due' ELSE d.state END
    FROM installs i
    WHERE i.app_id = $1 AND i.click_id = $2 AND d.app_id = i.app_id AND d.install_id = i.install_id
    RETURNING d.app_id, d.delivery_id
)
UPDATE attempts a SET payload = NULL FROM forgotten
WHERE a.app_id = forgotten.app_id AND a.delivery_id = forgotten.delivery_id AND a.payload IS NOT NULL
"""
DELETE_CLAIM = "DELETE FROM click_claims WHERE app_id = $1 AND click_id = $2"


async def erase_click(connection: Any, app_id: str, click_id: str) -> int:
    """Take a click away from the installs it was credited to; returns how many. Runs in the caller's transaction.

    Their deliveries and the log of these lose the payloads that held it: what is still to be sent, or is being sent at
    this moment, is made anew, without the click.
    """
    installs = await connection.fetch(INSTALLS_OF_CLICK, app_id, click_id)
    await take_away_installs(connection, [(app_id, row["install_id"]) for row in installs])
    await connection.execute(FORGET_PAYLOADS, app_id, click_id)
    status = await connection.execute(ERASE_CLICK, app_id, click_id)
    await connection.execute(DELETE_CLAIM, app_id, click_id)
    return rows_of(status)
