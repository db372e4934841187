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
from sandbox.welcome import WELCOME


def create_app(
    limits: Limits | None = None,
    demo: Pixel | None = None,
    clock: Callable[[], float] = time.time,
    ads_lead_to: str = "",
) -> Starlette:
    """A sandbox with an empty memory. `demo` is a pixel known from the start; `clock` gives Unix seconds.

    `ads_lead_to`: the demo account, whose pixel `demo` is, is there too, and its ads have this link.

    Faults that drop a connection need the server of `sandbox.server`.
    """
    memory = Memory.open(limits or Limits(), demo, clock, ads_lead_to)
    return Starlette(
        routes=[*_tiktok_routes(memory), *Control(memory).routes(), *AccountControl(memory).routes(), *_own_routes()],
        exception_handlers={msgspec.ValidationError: wrong_value, msgspec.DecodeError: not_json},
    )


def _tiktok_routes(memory: Memory) -> list[BaseRoute]:
    return [
        Route("/open_api/{version}/event/track/", Gate(track, memory, "POST")),
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
    return PlainTextResponse(WELCOME)


async def _alive(_request: Request) -> Response:
    return JSONResponse({"ok": True})
