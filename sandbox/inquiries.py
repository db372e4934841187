"""What may be asked of `/_sandbox/*`, as typed records, and how a wrong question is answered.

A wrong type, an unknown name or a value out of range is a 422 `{"error": {"code", "message", "field"}}`; a body that is
no JSON is a 400 of the same shape.
"""

import re
from typing import Annotated, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

T = TypeVar("T")

_PLACE = re.compile(r"`\$\.([^`]+)`")
_NAMED_FIRST = re.compile(r"`([a-z_0-9]+)` ")
_UNNAMED = re.compile(r"(?:unknown|required) field `([^`]+)`")

Text = Annotated[str, msgspec.Meta(min_length=1)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Offset = Annotated[int, msgspec.Meta(ge=0)]


class Page(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which stretch of a list, newest first."""

    limit: Limit = 100
    offset: Offset = 0


class EventQuery(Page, frozen=True, kw_only=True):
    """Which events; an empty value does not filter. `test` true: test events only, false: none of them."""

    event_id: str = ""
    pixel: str = ""
    event: str = ""
    test: bool | None = None


class RejectionQuery(Page, frozen=True, kw_only=True):
    pixel: str = ""
    code: int | None = None


class NewPixel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: Text
    token: Text
    advertiser_id: Text | None = None


class TokenChoice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    token: Text


class Reset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`pixels`: forget registered and adopted pixels and revoked tokens too; `accounts`: what was loaded or granted."""

    pixels: bool = False
    accounts: bool = False


def asked(request: Request, kind: type[T]) -> T:
    """The query string as a record. Raises `msgspec.ValidationError`."""
    return msgspec.convert(dict(request.query_params), type=kind, strict=False)


async def told(request: Request, kind: type[T]) -> T:
    """The JSON body as a record; an absent body is `{}`. Raises `msgspec.DecodeError`, `msgspec.ValidationError`."""
    return msgspec.json.decode(await request.body() or b"{}", type=kind)


def answered(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status_code=status, media_type="application/json")


def refused(status: int, code: str, message: str, field: str | None = None) -> Response:
    error = {"code": code, "message": message}
    if field is not None:
        error["field"] = field
    return answered({"error": error}, status)


def wrong_value(_request: Request, error: Exception) -> Response:
    """The 422 for a `msgspec.ValidationError`."""
    return refused(422, "invalid", str(error), _field_named(str(error)))


def not_json(_request: Request, error: Exception) -> Response:
    """The 400 for a body that cannot be decoded."""
    return refused(400, "not_json", f"The body is not valid JSON: {error}")


def _field_named(message: str) -> str | None:
    """Where, then what: either may be missing from the message."""
    name = _UNNAMED.search(message) or _NAMED_FIRST.match(message)
    found = [match.group(1) for match in (_PLACE.search(message), name) if match]
    return ".".join(found) or None
