"""Bringing an installation's ledger up to this version, where no `signalpost up` does so at its start."""

from typing import Any

from admin.engine_urls import NO_DATABASE
from admin.publishing import publish
from admin.refusal import Refused
from admin.session import open_session, reason_of
from config.settings import AllSettings
from ledger.migrate import migrate
from ledger.outages import LEDGER_FAILED
from ledger.revisions import MigrationError, SchemaTooNewError, head_revision


async def bring_up_to_date(database_url: str) -> None:
    """Apply what is missing of the ledger's tables.

    Raises:
        Refused: it does not let us in, a change was refused, or it is of a later version.
    """
    try:
        await migrate(database_url)
    except SchemaTooNewError as error:
        raise Refused(str(error)) from None
    except (*LEDGER_FAILED, MigrationError) as error:
        raise Refused(f"the ledger's tables cannot be brought up to date: {reason_of(error)}") from None


async def migrate_ledger(settings: AllSettings) -> dict[str, Any]:
    """Apply what is missing and publish the links anew; {"revision", "notes"}. Safe to repeat, and beside others.

    Raises:
        Refused: there is no ledger, it does not let us in, or it is of a later version.
    """
    if not settings.database_url:
        raise Refused(NO_DATABASE)
    await bring_up_to_date(settings.database_url)
    async with open_session(settings) as session:
        await publish(session)
        return {"revision": head_revision(), "notes": session.notes}
