"""The sandbox's ASGI app: every route, assembled in one place."""

import time
from collections.abc import Callable

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.accounts.control import AccountControl
from sandbox.accounts.routes import account_routes
from sandbox.control import Control
from sandbox.gate import Gate, not_found
from sandbox.inquiries import not_json, wrong_value
from sandbox.memory import Limits, Memory
from sandbox.tokens import Pixel
from sandbox.track import track

_WELCOME = """\
Signalpost sandbox: a stand-in for TikTok's Business API. Nothing leaves this machine; a restart forgets everything.

As at TikTok (any invented pixel code and token will do: the pair is remembered from its first use)
  POST   /open_api/v1.3/event/track/   events of a web pixel; header Access-Token

To see and steer it
  GET    /_sandbox/events              what was taken: event_id= pixel= event= test= limit= offset=
  GET    /_sandbox/requests            every request as received
  GET    /_sandbox/rejections          what was refused and why: pixel= code=
  POST   /_sandbox/faults              {"endpoint", "times", "status"|"code"|"delay_s"|"body"|"drop"}; a partial
                                       success with {"code": 20001, "rows": [1]}
                                       GET lists what is waiting, DELETE clears
  POST   /_sandbox/pixels              {"code", "token", "advertiser_id"?}
                                       GET lists them, DELETE /_sandbox/pixels/{code} removes one
  POST   /_sandbox/tokens/revoke       {"token"}; /_sandbox/tokens/restore undoes it
  POST   /_sandbox/limits              {"qps"?, "qpm"?, "qpd"?} requests before 40100; {} = no limit
  POST   /_sandbox/reset               forgets what was taken and all faults; {"pixels": true} the pixels too
  GET    /healthz  /readyz
"""


def create_app(
    limits: Limits | None = None, demo: Pixel | None = None, clock: Callable[[], float] = time.time
) -> Starlette:
    """A sandbox with an empty memory. `demo` is a pixel known from the start; `clock` gives Unix seconds.

    Faults that drop a connection need the server of `sandbox.server`.
    """
    memory = Memory.open(limits or Limits(), demo, clock)
    return Starlette(
        routes=[*_tiktok_routes(memory), *Control(memory).routes(), *AccountControl(memory).routes(), *_own_routes()],
        exception_handlers={msgspec.ValidationError: wrong_value, msgspec.DecodeError: not_json},
    )


def _tiktok_routes(memory: Memory) -> list[BaseRoute]:
    return [
        Route("/open_api/v1.3/event/track/", Gate(track, memory, "POST")),
        *account_routes(memory),
        Route("/open_api/{rest:path}", Gate(not_found, memory, None)),
    ]


def _own_routes() -> list[BaseRoute]:
    return [
        Route("/", _welcome, methods=["GET"]),
        Route("/healthz", _alive, methods=["GET"]),
        Route("/readyz", _alive, methods=["GET"]),
    ]


async def _welcome(_request: Request) -> Response:
    return PlainTextResponse(_WELCOME)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"ok": True})
