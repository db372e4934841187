"""An app whose names are each one word as long as its field takes: nothing that is typed makes a page wider."""

from dataclasses import dataclass

from admin.apps import create_app
from admin.links import create_link
from admin.mappings import map_events, map_fields
from admin.pixels import PixelToAdd, add_pixel
from admin.session import Session
from admin.users import Role, create_user
from tests.console.pages import happenings
from tests.console.pages.person import PASSWORD

WORD = "W" * 60
SLUG = "w" * 64
RENAMED = (
    "UPDATE installs SET external_ids = ARRAY[$2], body = body || jsonb_build_object('app_version', $2::text) "
    "WHERE app_id = $1",
    "UPDATE events SET name = $2, event_id = $2 || event_key WHERE app_id = $1",
    "UPDATE deliveries SET source_event = $2, target_event = $2, source_event_id = $2, last_message = $2 "
    "WHERE app_id = $1",
    "UPDATE attempts SET message = $2, request_id = $2 WHERE app_id = $1",
)


@dataclass(frozen=True, slots=True)
class LongNames:
    app_id: str
    paths: tuple[str, ...]


async def put_long_names(session: Session) -> LongNames:
    app_id = str((await create_app(session, WORD, {"timezone": "America/Argentina/ComodRivadavia"}))["app_id"])
    await create_link(session, app_id, SLUG, {"os": "ios"})
    given = PixelToAdd(app_id, "C9PIXEL0000000000009", "a-token-of-the-events-api-0123456789", WORD, "TEST12345")
    pixel_id = (await add_pixel(session, given, validate=False))["pixel_id"]
    await map_events(session, app_id, "", {"w" * 60: WORD, "sign_up": WORD})
    await map_fields(session, app_id, "", {"value": f"properties.{'w' * 50}"})
    await create_user(session, f"{'w' * 50}@example.com", Role.EDITOR, PASSWORD)
    await happenings.install(session, app_id)
    deliveries = [await happenings.delivery(session, app_id), await happenings.dead(session, app_id)]
    for statement in RENAMED:
        await session.database.execute(statement, app_id, WORD)
    of_app = (
        "", "/campaigns", "/quality", "/live", "/deliveries", *(f"/deliveries/{one}" for one in deliveries),
        "/installs", "/installs/i1", "/setup", "/setup?step=links", "/setup?step=test", "/links", f"/links/{SLUG}",
        "/tiktok", "/pixels", f"/pixels/{pixel_id}", "/mapping", f"/mapping?pixel={pixel_id}", "/sources", "/settings",
        f"/installs?q={WORD}", f"/deliveries?event={WORD}",
    )  # fmt: skip
    paths = (*(f"/apps/{app_id}{path}" for path in of_app), "/", "/users", "/audit", "/tiktok", f"/{WORD}")
    return LongNames(app_id, paths)
