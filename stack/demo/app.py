"""The demo's app, link and pixel, made once."""

import secrets

from admin.apps import create_app
from admin.demo import Demo, store_demo, stored_demo
from admin.session import Session
from ledger.apps import get_app
from ledger.links import StoredLink, get_link, insert_link, new_slug
from ledger.pixels import NewPixel, insert_pixel, new_pixel_id, token_record

PIXEL_CODE = "DEMOPIXEL0000000000"
SLUG = "demo"
APP_NAME = "Demo app"
APP_SETTINGS = {"ios_app_id": "1234567890", "android_package": "com.example.demo"}


async def ensure_demo(session: Session) -> Demo:
    """The demo of this DATA_DIR, made the first time, and again where the ledger does not know it."""
    demo = stored_demo(session)
    if demo and await get_app(session.database, demo.app_id) and await get_link(session.database, demo.slug):
        return demo
    async with session.database.acquire() as connection, connection.transaction():
        demo = await _create(Session(session.settings, session.keyring, connection))
        store_demo(session, demo)  # before the commit: a demo that is stored can always be shown
    return demo


async def _create(session: Session) -> Demo:
    app = await create_app(session, APP_NAME, APP_SETTINGS)
    slug = SLUG if await get_link(session.database, SLUG) is None else f"{SLUG}-{new_slug()}"
    await insert_link(session.database, StoredLink(slug, app["app_id"], None, None, None))
    pixel_id, token = new_pixel_id(), secrets.token_hex(20)
    pixel = NewPixel(
        pixel_id=pixel_id,
        app_id=app["app_id"],
        code=PIXEL_CODE,
        name="Demo pixel (sandbox)",
        token_encrypted=session.keyring.encrypt(token, token_record(pixel_id)),
        test_event_code="",
        state="ok",
    )
    await insert_pixel(session.database, pixel)
    return Demo(app["app_id"], app["api_key"], slug, pixel_id, PIXEL_CODE, token)
