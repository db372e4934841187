"""Which token may send to which pixel."""

import pytest

from sandbox.codes import Code
from sandbox.refusals import Refusal
from sandbox.tokens import Pixel, Registry, masked


@pytest.fixture
def registry() -> Registry:
    registry = Registry(demo=Pixel("DEMO", "demo-token"))
    registry.register(Pixel("OTHER", "other-token"))
    return registry


def _answer(registry: Registry, header: str | None, pixel: str) -> int:
    try:
        registry.authorise(registry.admit(header), pixel)
    except Refusal as refusal:
        return refusal.code
    return Code.OK


@pytest.mark.parametrize(
    ("header", "pixel", "code"),
    [
        pytest.param("demo-token", "DEMO", Code.OK, id="its own token"),
        pytest.param(None, "DEMO", Code.EMPTY_ACCESS_TOKEN, id="no header"),
        pytest.param("", "DEMO", Code.EMPTY_ACCESS_TOKEN, id="empty header"),
        pytest.param("  ", "DEMO", Code.EMPTY_ACCESS_TOKEN, id="blank header"),
        pytest.param("Bearer demo-token", "DEMO", Code.INVALID_ACCESS_TOKEN, id="Bearer"),
        pytest.param("bearer demo-token", "DEMO", Code.INVALID_ACCESS_TOKEN, id="bearer in lower case"),
        pytest.param("bad-token", "NEW", Code.INVALID_ACCESS_TOKEN, id="bad"),
        pytest.param("revoked-token", "NEW", Code.INVALID_ACCESS_TOKEN, id="revoked"),
        pytest.param("expired-token", "NEW", Code.ACCESS_TOKEN_EXPIRE, id="expired"),
        pytest.param("never-seen", "DEMO", Code.INVALID_ACCESS_TOKEN, id="unknown token, known pixel"),
        pytest.param("other-token", "DEMO", Code.PERMISSION_ERROR, id="token of another pixel"),
        pytest.param("other-token", "NEW", Code.PERMISSION_ERROR, id="token of another pixel, new pixel"),
        pytest.param("never-seen", "NEW", Code.OK, id="new pair"),
        pytest.param("never-seen", "7123456789012345678", Code.PERMISSION_ERROR, id="pixel_id instead of pixel code"),
    ],
)
def test_a_token_is_taken_or_refused_as_documented(
    registry: Registry, header: str | None, pixel: str, code: int
) -> None:
    assert _answer(registry, header, pixel) == code


def test_after_its_first_use_a_pixel_takes_only_the_token_it_came_with(registry: Registry) -> None:
    assert _answer(registry, "first", "NEW") == Code.OK
    assert _answer(registry, "second", "NEW") == Code.INVALID_ACCESS_TOKEN
    assert _answer(registry, "first", "NEW") == Code.OK


def test_a_refused_request_adopts_no_pixel(registry: Registry) -> None:
    assert _answer(registry, "other-token", "NEW") == Code.PERMISSION_ERROR
    assert [pixel.code for pixel in registry.pixels()] == ["DEMO", "OTHER"]


def test_the_message_names_the_pixel_that_is_not_permitted(registry: Registry) -> None:
    with pytest.raises(Refusal, match="No permission to operate pixel code: DEMO"):
        registry.authorise("other-token", "DEMO")


def test_a_revoked_token_is_refused_until_it_is_restored(registry: Registry) -> None:
    registry.revoke("demo-token")
    assert _answer(registry, "demo-token", "DEMO") == Code.INVALID_ACCESS_TOKEN
    assert registry.restore("demo-token")
    assert _answer(registry, "demo-token", "DEMO") == Code.OK
    assert not registry.restore("demo-token")


def test_registering_a_pixel_again_replaces_its_token(registry: Registry) -> None:
    registry.register(Pixel("DEMO", "new-token"))
    assert _answer(registry, "new-token", "DEMO") == Code.OK
    assert _answer(registry, "demo-token", "DEMO") == Code.INVALID_ACCESS_TOKEN


def test_two_pixels_may_be_registered_with_one_token(registry: Registry) -> None:
    registry.register(Pixel("SECOND", "demo-token"))
    assert _answer(registry, "demo-token", "SECOND") == Code.OK
    registry.remove("SECOND")
    assert _answer(registry, "demo-token", "DEMO") == Code.OK
    assert _answer(registry, "demo-token", "OTHER") == Code.PERMISSION_ERROR


def test_a_removed_pixel_is_not_adopted_again_but_can_be_registered(registry: Registry) -> None:
    assert registry.remove("DEMO")
    assert not registry.remove("DEMO")
    assert _answer(registry, "demo-token", "DEMO") == Code.PERMISSION_ERROR
    registry.register(Pixel("DEMO", "demo-token"))
    assert _answer(registry, "demo-token", "DEMO") == Code.OK


def test_a_reset_leaves_the_demo_pixel_alone(registry: Registry) -> None:
    registry.revoke("demo-token")
    registry.reset()
    assert registry.pixels() == [Pixel("DEMO", "demo-token")]
    assert _answer(registry, "demo-token", "DEMO") == Code.OK


@pytest.mark.parametrize(("token", "shown"), [("abcdefgh", "***efgh"), ("abc", "***"), ("", "***")])
def test_a_token_is_shown_by_its_last_four_characters_at_most(token: str, shown: str) -> None:
    assert masked(token) == shown
