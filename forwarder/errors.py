"""Every refusal is one shape: {"error": {"code", "message", "field"?}}."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

RETRY_AFTER_S = "2"

log = structlog.get_logger()

Handler = Callable[[Request], Awaitable[Response]]

_CODES = {404: "not_found", 405: "method_not_allowed"}
_MESSAGES = {404: "there is nothing at this path; GET /openapi.json lists what there is"}


class Refusal(Exception):
    """A request that is not taken: becomes the answer as it stands.

    Args:
        status: HTTP status.
        code: what a program reads, e.g. `invalid_field`.
        message: what is wrong and the way out, for a person.
        field: dotted path of the field at fault.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.headers = headers


class FieldError(ValueError):
    """A value that cannot be taken: the dotted path of its field, and what it must look like."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message

    def refusal(self) -> Refusal:
        return Refusal(422, "invalid_field", self.message, field=self.field)


def unavailable(what: str) -> Refusal:
    """503: nothing of the request was kept, and the same request may be sent again."""
    message = f"{what} cannot be reached; nothing was stored, send the same request again"
    return Refusal(503, "unavailable", message, headers={"Retry-After": RETRY_AFTER_S})


def overdue() -> Refusal:
    """503: the time is over, and whether the request was kept is not known; sent again it is kept once."""
    message = "not done in time; send the same request again, it is stored once however often it comes"
    return Refusal(503, "overdue", message, headers={"Retry-After": RETRY_AFTER_S})


class JsonResponse(Response):
    """JSON by msgspec, which writes structs, times and decimals, and is several times faster than json."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        if headers:
            super().init_headers(headers)
        else:  # the same two, without asking what they might be
            self.raw_headers = [(b"content-length", b"%d" % len(self.body)), (b"content-type", b"application/json")]


def refusal_response(refusal: Refusal, rejected: Sequence[Any] | None = None) -> JsonResponse:
    """The answer of a refusal; `rejected` lists the rows of an events request where all were refused."""
    error = {"code": refusal.code, "message": refusal.message}
    if refusal.field is not None:
        error["field"] = refusal.field
    content: dict[str, Any] = {"error": error}
    if rejected is not None:
        content["rejected"] = rejected
    return JsonResponse(content, refusal.status, headers=refusal.headers)


def bug_response(method: str, error: Exception) -> Response:
    """An exception nobody expected: logged by its kind, answered without it."""
    log.error("request failed", method=method, error=type(error).__name__)
    return refusal_response(Refusal(500, "internal", "this is a fault of the server; it was logged"))


async def on_refusal(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """Starlette's handler of `Refusal`."""
    assert isinstance(error, Refusal)  # noqa: S101
    return refusal_response(error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Starlette's own 404 and 405, in the same shape."""
    assert isinstance(error, HTTPException)  # noqa: S101
    message = _MESSAGES.get(error.status_code, error.detail)
    if error.status_code == 405:
        message = f"{request.method} is not answered here; Allow names what is"
    code = _CODES.get(error.status_code, "refused")
    return refusal_response(Refusal(error.status_code, code, message, headers=error.headers))
