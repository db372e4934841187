"""One error says which field, why, and the way out."""

import pytest

from admin.apps import create_app, set_app
from admin.links import create_link
from admin.pixels import PixelToAdd, add_pixel
from admin.refusal import Refused
from admin.session import Session

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "field"),
    [("slug: is taken; choose another", "slug"), ("nothing to erase: x", ""), ("no PostgreSQL", "")],
)
async def test_the_field_is_what_stands_before_the_colon(text: str, field: str) -> None:
    assert Refused(text).field == field


async def test_every_act_raises_it_for_whatever_cannot_be_taken(session: Session) -> None:
    app_id = (await create_app(session, "Tea", {}))["app_id"]
    acts = {
        "name": create_app(session, " ", {}),
        "match_threshold": set_app(session, app_id, {"match_threshold": "2"}),
        "nonsense": set_app(session, app_id, {"nonsense": "1"}),
        "domains": set_app(session, app_id, {"domains": "go.example.com"}),
        "fallback_url": set_app(session, app_id, {"fallback_url": "javascript:alert(1)"}),
        "slug": create_link(session, app_id, "a b", {}),
        "expires_at": create_link(session, app_id, "tea", {"expires_at": "soon"}),
        "ios_url": create_link(session, app_id, "tea", {"ios_url": "ftp://x"}),
        "code": add_pixel(session, PixelToAdd(app_id, "a b", "token"), validate=False),
        "token": add_pixel(session, PixelToAdd(app_id, "C9", "to ken"), validate=False),
        "app": add_pixel(session, PixelToAdd("app_none", "C9", "token"), validate=False),
    }
    for field, act in acts.items():
        with pytest.raises(Refused) as refused:
            await act
        assert refused.value.field == field
