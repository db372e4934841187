"""Bringing an installation's ledger up to this version, where no `signalpost up` does so at its start."""

from typing import Any

from admin.engine_urls import NO_DATABASE
from admin.ledger_failures import bring_up_to_date
from admin.publishing import publish
from admin.refusal import Refused
from admin.session import open_session
from config.settings import AllSettings
from ledger.revisions import head_revision


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
