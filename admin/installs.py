"""Installs: found, listed, and why one was credited to a click, or to none."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final

from admin.apps import require_app
from admin.refusal import Refused
from admin.session import Session
from ledger.delivery_views import deliveries_of_install
from ledger.install_views import InstallFilter, events_of_install, find_installs, list_installs, show_install
from ledger.matches import matches_of_install
from ledger.spelling import canonical
from tiktok.redaction import mask_ip

__all__ = ["METHODS", "InstallFilter", "explain_install", "install_page", "install_record", "installs_of"]

METHODS: Final = ("referrer", "click_id", "probabilistic", "none", "pending")
MOST_FOUND: Final = 200
MOST_EVENTS: Final = 200


async def install_page(
    session: Session, wanted: InstallFilter, limit: int, after: str = ""
) -> tuple[list[dict[str, Any]], str | None]:
    """Installs, the latest first, and the `next` of the page.

    Raises:
        Refused: the filter or `after` cannot be one.
    """
    _check(wanted)
    try:
        return await list_installs(session.database, wanted, limit, after)
    except ValueError as error:
        raise Refused(str(error)) from None


async def installs_of(session: Session, wanted: InstallFilter, identifier: str) -> list[dict[str, Any]]:
    """The app's installs of this install id or external id that the filter leaves, the latest first.

    Raises:
        Refused: the filter cannot be one.
    """
    _check(wanted)
    return await find_installs(session.database, wanted, canonical(identifier), MOST_FOUND)


def _check(wanted: InstallFilter) -> None:
    if wanted.method is not None and wanted.method not in METHODS:
        raise Refused(f"method: must be one of {', '.join(METHODS)}")


async def install_record(session: Session, app_id: str, install_id: str, whole: bool = True) -> dict[str, Any]:
    """One with its verdict, candidates, click, `events` and `deliveries`.

    Args:
        whole: False = of addresses the network alone.

    Raises:
        Refused: the app has no such install.
    """
    row = await show_install(session.database, app_id, canonical(install_id))
    if row is None:
        raise Refused(f"install: there is no install {install_id[:60]!r}")
    body = row.pop("body")
    if not whole and body.get("ip"):
        body = {**body, "ip": mask_ip(body["ip"])}
    found = await events_of_install(session.database, app_id, row["install_id"], MOST_EVENTS)
    deliveries = await deliveries_of_install(session.database, app_id, row["install_id"])
    told = {name: body.get(name) for name in ("device", "consent", "app_version", "ip", "install_referrer")}
    return {**_explained(row), "told": told, "events": found, "deliveries": [asdict(one) for one in deliveries]}


async def explain_install(session: Session, install_id: str, app_id: str = "") -> dict[str, Any]:
    """The verdict on an install and, as `candidates`, the clicks that were looked at.

    Raises:
        Refused: there is no such app or install, or several apps have one.
    """
    if app_id:
        await require_app(session, app_id)
    found = await matches_of_install(session.database, canonical(install_id), app_id)
    if not found:
        raise Refused(f"install: there is no install {install_id[:60]!r}")
    if len(found) > 1:
        raise Refused(f"app: {' and '.join(row['app_id'] for row in found)} have this install; name one with --app")
    return _explained(found[0])


def _explained(row: dict[str, Any]) -> dict[str, Any]:
    """The stored verdict; what the matcher kept beside it stands at the same level."""
    detail = dict(row.pop("detail"))
    candidates = [
        {**candidate, "clicked_at": datetime.fromtimestamp(candidate["at_ms"] / 1000, UTC)}
        for candidate in detail.pop("candidates", [])
    ]
    return {**row, "attributed": row["click_id"] is not None, **detail, "candidates": candidates}
