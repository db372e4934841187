"""Installs: why one was credited to a click, or to none."""

from datetime import UTC, datetime
from typing import Any

from admin.refusal import Refused
from admin.session import Session
from ledger.matches import matches_of_install
from ledger.spelling import canonical


async def explain_install(session: Session, install_id: str, app_id: str = "") -> dict[str, Any]:
    """The verdict on an install and, as `candidates`, the clicks that were looked at.

    Raises:
        Refused: there is no such install, or several apps have one.
    """
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
