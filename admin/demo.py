"""The demo of `signalpost up --demo`: what it is reached by, and how it goes."""

import os
from pathlib import Path
from typing import Any, Final

import msgspec

from admin.audit import audited
from admin.publishing import publish
from admin.refusal import Refused
from admin.session import Session
from ledger.app_removal import remove_app

FILE_NAME: Final = "demo.json"


class Demo(msgspec.Struct, frozen=True):
    """Kept in DATA_DIR, as an API key cannot be shown a second time."""

    app_id: str
    api_key: str
    slug: str
    pixel_id: str
    pixel_code: str
    token: str
    has_history: bool = False
    """Its four weeks were made."""


def stored_demo(session: Session) -> Demo | None:
    """The demo of this DATA_DIR; None where there is none."""
    try:
        return msgspec.json.decode(_path(session).read_bytes(), type=Demo)
    except (OSError, msgspec.MsgspecError):
        return None


def is_demo(session: Session, app_id: str) -> bool:
    """Whether the app's numbers are invented."""
    demo = stored_demo(session)
    return demo is not None and demo.app_id == app_id


def store_demo(session: Session, demo: Demo) -> None:
    path = _path(session)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    temporary.touch(mode=0o600)
    temporary.write_bytes(msgspec.json.encode(demo))
    temporary.replace(path)


def shown(demo: Demo) -> dict[str, Any]:
    """The demo's values as they are printed."""
    return {"app_id": demo.app_id, "api_key": demo.api_key, "slug": demo.slug, "pixel": demo.pixel_code}


async def clear_demo(session: Session) -> dict[str, str]:
    """{"app_id"}: the demo's app is gone, with its link, pixel, ad account and everything that was invented for it.

    Raises:
        Refused: there is no demo.
    """
    demo = stored_demo(session)
    if demo is None:
        raise Refused("demo: there is none here; `signalpost up --demo` makes one")
    async with audited(session, "demo.clear", demo.app_id, demo.app_id) as change:
        change.before = {"app_id": demo.app_id, "slug": demo.slug}
        await remove_app(change.connection, demo.app_id)
    await publish(session)
    _path(session).unlink(missing_ok=True)
    return {"app_id": demo.app_id}


def _path(session: Session) -> Path:
    return session.settings.data_dir / FILE_NAME
