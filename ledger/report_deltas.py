"""What changes a report, written down in the transaction of the change, for the worker that adds it up.

Deltas are appended and never changed, so that no two transactions wait for one another's figures. What is not credited
to a click changes no report and writes none.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from ledger.event_refs import EventRef, columns_of
from ledger.installs import InstallKey
from ledger.report_facts import added_up, credited, event_facts, inserted, install_facts

DELTAS: Final = "report_deltas"


def uncounted(facts: str) -> str:
    """The insert that takes facts away, to stand in the statement that deletes what they are read from."""
    return inserted(DELTAS, added_up(credited(facts), "-"))


def held(facts: str) -> str:
    """These facts, which are read of `installs i`, of installs that nobody may match or erase until the end of the
    transaction; what somebody is changing is waited for, and read as it is then.
    """
    return f"{facts} ORDER BY i.app_id, i.install_id FOR KEY SHARE OF i"


_GIVEN: Final = "unnest($1::text[], $2::bigint[]) AS given (app_id, event_key)"
_EVENTS: Final = f"""{_GIVEN} JOIN events e ON e.app_id = given.app_id AND e.event_key = given.event_key
    JOIN installs i ON i.app_id = e.app_id AND i.install_id = e.install_id"""
COUNT_EVENTS = f"""
WITH counted AS MATERIALIZED ({held(event_facts(_EVENTS))})
{inserted(DELTAS, added_up(credited("SELECT * FROM counted")))}
"""  # noqa: S608 - put together from the ledger's own text
TAKE_AWAY_EVENTS = f"""
WITH counted AS MATERIALIZED ({held(event_facts(_EVENTS))})
{inserted(DELTAS, added_up(credited("SELECT * FROM counted"), "-"))}
"""  # noqa: S608


async def count_events(connection: Any, events: Sequence[EventRef]) -> None:
    """Events that are stored and have found their install. In the caller's transaction, here and below.

    The installs are held until its end: a match or an erasure that comes meanwhile finds these events.
    """
    if events:
        await connection.execute(COUNT_EVENTS, *columns_of(events))


@asynccontextmanager
async def events_counted_anew(connection: Any, events: Sequence[EventRef]) -> AsyncIterator[None]:
    """Within it these events, which the caller has locked, may change: they are taken away as they were before and
    added as they are after it. One that has not found its install is not counted either way.
    """
    await connection.execute(TAKE_AWAY_EVENTS, *columns_of(events))
    yield
    await count_events(connection, events)


_INSTALLS = (
    "unnest($1::text[], $2::text[]) AS given (app_id, install_id) "
    "JOIN installs i ON i.app_id = given.app_id AND i.install_id = given.install_id"
)
_AND_EVENTS: Final = f"{_INSTALLS} JOIN events e ON e.app_id = i.app_id AND e.install_id = i.install_id"
_ALL_OF_INSTALLS: Final = (credited(install_facts(_INSTALLS)), credited(event_facts(_AND_EVENTS)))
ADD_INSTALLS = inserted(DELTAS, added_up(" UNION ALL ".join(_ALL_OF_INSTALLS)))
TAKE_AWAY_INSTALLS = inserted(DELTAS, added_up(" UNION ALL ".join(_ALL_OF_INSTALLS), "-"))


async def take_away_installs(connection: Any, installs: Sequence[InstallKey]) -> None:
    """These installs and all their events as they are now; the caller has locked the installs, and changes them."""
    if installs:
        await connection.execute(TAKE_AWAY_INSTALLS, *_columns(installs))


@asynccontextmanager
async def counted_anew(connection: Any, installs: Sequence[InstallKey]) -> AsyncIterator[None]:
    """Within it these installs, which the caller has locked, may change: they are taken away as they were before and
    added as they are after it, with all their events.
    """
    await take_away_installs(connection, installs)
    yield
    if installs:
        await connection.execute(ADD_INSTALLS, *_columns(installs))


def _columns(installs: Sequence[InstallKey]) -> tuple[list[str], list[str]]:
    ordered = sorted(installs)
    return [app_id for app_id, _ in ordered], [install_id for _, install_id in ordered]
