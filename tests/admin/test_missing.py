"""What an app lacks, one thing after the other, in the order of work."""

import pytest

from admin.links import create_link
from admin.missing import missing
from admin.pixels import PixelToAdd, add_pixel
from admin.session import Session
from admin.tiktok_accounts import list_advertisers
from tests.account_sandbox import AccountSandbox, advertiser
from tests.admin.logins import connect, dead

pytestmark = pytest.mark.anyio

VISIT = "INSERT INTO visit_counts VALUES (now(), 'tea', 'ios', $1, '', '', '', 1)"
INSTALL = (
    "INSERT INTO installs (app_id, install_id, platform, occurred_at, body, match_method)"
    " VALUES ($1, 'i1', 'ios', now(), '{}', 'none')"
)


async def kind(session: Session, app_id: str) -> str | None:
    found = await missing(session, app_id)
    return found.kind if found else None


async def test_what_is_missing_goes_away_one_by_one(connectable: Session, sandbox: AccountSandbox, app_id: str) -> None:
    put = connectable.database.execute
    assert await kind(connectable, app_id) == "link"
    await create_link(connectable, app_id, "tea", {"ios_url": "https://apps.apple.com/app/id1234567890"})
    assert await kind(connectable, app_id) == "pixel"
    pixel = PixelToAdd(app_id, "C9PIXEL0000000000001", "a-token-of-the-events-api-0123456789")
    await add_pixel(connectable, pixel, validate=False)
    assert await kind(connectable, app_id) == "connection"
    sandbox.load(advertiser())
    await connect(connectable, sandbox, app_id)
    assert await kind(connectable, app_id) == "click"
    await put(VISIT, "bot")
    assert await kind(connectable, app_id) == "click"
    await put(VISIT, "click")
    assert await kind(connectable, app_id) == "install"
    await put(INSTALL, app_id)
    assert await kind(connectable, app_id) is None


async def test_what_breaks_is_told_again(connectable: Session, sandbox: AccountSandbox, app_id: str) -> None:
    await test_what_is_missing_goes_away_one_by_one(connectable, sandbox, app_id)
    await dead(connectable, app_id)
    await list_advertisers(connectable, app_id)
    broken = await missing(connectable, app_id)
    assert broken is not None
    assert (broken.kind, broken.action) == ("connection", "Reconnect TikTok")
    assert "40105" in broken.sentence
    await connectable.database.execute("UPDATE pixels SET state = 'held', held_reason = '40001: no permission'")
    held = await missing(connectable, app_id)
    assert held is not None
    assert held.kind == "held"
    assert "40001: no permission" in held.sentence
