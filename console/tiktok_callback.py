"""`GET /oauth/tiktok/callback`: where TikTok sends whoever logged in. Its signed state stands for a login of ours."""

from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from admin.refusal import REFUSALS
from admin.tiktok_callback import Callback, Connected, Kind, NotConnected, finish_connect
from console.metrics import ConsoleMetrics
from console.rendering import page
from console.session import session_of

_STATUSES: Final[dict[Kind, int]] = {
    "wrong": 400,
    "expired": 410,
    "used": 409,
    "cancelled": 400,
    "refused": 400,
    "unavailable": 503,
    "not_set_up": 503,
}


async def tiktok_callback(request: Request) -> Response:
    """A page that says what was connected, or why nothing was and how to begin again."""
    response = await _finished(request)
    response.headers["Referrer-Policy"] = "no-referrer"  # its address holds a code
    return response


async def _finished(request: Request) -> Response:
    if request.method != "GET":  # whoever only looks must not spend the code
        raise HTTPException(405, headers={"Allow": "GET"})
    session = session_of(request)
    metrics: ConsoleMetrics = request.state.metrics
    try:
        connected = await finish_connect(session, _callback(request))
    except NotConnected as refused:
        metrics.login(refused.kind)
        return _not_connected(refused)
    except REFUSALS as error:
        metrics.login("refused")
        return page("problem.html", {"title": "Not connected", "sentences": [str(error)]}, 503)
    metrics.login("connected")
    return _connected(connected)


def _callback(request: Request) -> Callback:
    """Both names carry the code; TikTok's documentation has the first."""
    asked = request.query_params
    return Callback(
        code=asked.get("auth_code") or asked.get("code", ""),
        state=asked.get("state", ""),
        error=" ".join(filter(None, (asked.get("error"), asked.get("error_description")))),
    )


def _connected(connected: Connected) -> Response:
    return page("tiktok_connected.html", {"connected": connected, "title": "TikTok is connected"})


def _not_connected(refused: NotConnected) -> Response:
    shown = {"title": "Not connected", "sentence": str(refused), "command": refused.way_out, "kind": refused.kind}
    shown["place"] = f"/apps/{quote(refused.app_id, safe='')}/tiktok" if refused.app_id else "/tiktok"
    headers = {"Retry-After": "60"} if refused.kind == "unavailable" else None
    return page("tiktok_not_connected.html", shown, _STATUSES[refused.kind], headers)
