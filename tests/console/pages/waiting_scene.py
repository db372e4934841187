"""An app whose set-up is done but for the first click, install and event, and these."""

from dataclasses import replace
from datetime import UTC, datetime

from admin.apps import set_app
from admin.links import create_link
from admin.pixels import PixelToAdd, add_pixel, send_test_event, validate_pixel
from admin.session import Session
from admin.setup_progress import begin_waiting
from tests.account_sandbox import AccountSandbox, connected_settings

CODE, TOKEN = "C9PIXEL0000000000001", "a-token-of-the-events-api-0123456789"
INSTALL = """
INSERT INTO installs (app_id, install_id, platform, occurred_at, received_at, body, match_method)
VALUES ($1, $2, 'ios', $3, $3, '{}', 'none')
"""
EVENT = """
INSERT INTO events (app_id, event_id, name, occurred_at, received_at, body) VALUES ($1, $2, 'sign_up', $3, $3, '{}')
"""
CLICKS = "INSERT INTO visit_counts VALUES ($1, 'tea', 'ios', $3, '', '', '', $2)"


async def wait_for_the_first(session: Session, app_id: str, sandbox: AccountSandbox) -> None:
    """Everything is set up; the app's SDK has spoken before."""
    connected = replace(session, settings=connected_settings(session.settings, sandbox))
    await set_app(connected, app_id, {"ios_app_id": "1234567890"})
    pixel_id = (await add_pixel(connected, PixelToAdd(app_id, CODE, TOKEN)))["pixel_id"]
    await validate_pixel(connected, pixel_id)
    await send_test_event(connected, pixel_id, "ViewContent")
    await create_link(connected, app_id, "tea", {"os": "ios"})
    before = datetime.now(UTC)
    await session.database.execute(INSTALL, app_id, "earlier", before)
    await session.database.execute(EVENT, app_id, "earlier", before)
    await begin_waiting(connected, app_id)


async def bring_all(session: Session, app_id: str) -> None:
    """The first of each has come."""
    now = datetime.now(UTC)
    await session.database.execute(INSTALL, app_id, "i-1", now)
    await session.database.execute(EVENT, app_id, "e-1", now)
    await session.database.execute(CLICKS, now, 1, "click")
