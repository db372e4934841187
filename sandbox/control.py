"""`/_sandbox/*`: what the sandbox took, and how to make it misbehave. None of it exists at TikTok."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.events import EventStore, Taken
from sandbox.faults import Fault
from sandbox.inquiries import (
    EventQuery,
    NewPixel,
    Page,
    RejectionQuery,
    Reset,
    TokenChoice,
    answered,
    asked,
    refused,
    told,
)
from sandbox.memory import Memory
from sandbox.rate import RateLimits
from sandbox.tokens import Pixel, masked
from sandbox.versions import Versions

_T = TypeVar("_T")


class Control:
    """The handlers of `/_sandbox/*` over one memory."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def routes(self) -> list[BaseRoute]:
        """Every control endpoint."""
        return [
            Route("/_sandbox/events", self.events, methods=["GET"]),
            Route("/_sandbox/requests", self.requests, methods=["GET"]),
            Route("/_sandbox/rejections", self.rejections, methods=["GET"]),
            Route("/_sandbox/faults", self.faults, methods=["GET"]),
            Route("/_sandbox/faults", self.add_fault, methods=["POST"]),
            Route("/_sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/pixels", self.pixels, methods=["GET"]),
            Route("/_sandbox/pixels", self.register_pixel, methods=["POST"]),
            Route("/_sandbox/pixels/{code}", self.remove_pixel, methods=["DELETE"]),
            Route("/_sandbox/tokens/revoke", self.revoke_token, methods=["POST"]),
            Route("/_sandbox/tokens/restore", self.restore_token, methods=["POST"]),
            Route("/_sandbox/limits", self.limits, methods=["GET"]),
            Route("/_sandbox/limits", self.set_limits, methods=["POST"]),
            Route("/_sandbox/versions", self.versions, methods=["GET"]),
            Route("/_sandbox/versions", self.set_versions, methods=["POST"]),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def events(self, request: Request) -> Response:
        """`{"items", "total", "unique", "duplicates", "test_events"}`, newest first, one item for each distinct event.

        `total` counts every sending taken, `unique` the distinct events, `duplicates` the difference. Test events are
        listed too but counted in `test_events` alone, unless `test=true` asks for nothing else. Without a filter the
        counts go back to the start or the last reset; with one they cover what is still kept.
        """
        query = asked(request, EventQuery)
        real, tests = self._memory.events, self._memory.test_events
        matches = _matcher(query)
        listed = {None: (real, tests), True: (tests,), False: (real,)}[query.test]
        found = sorted((e for store in listed for e in store.newest_first() if matches(e)), key=_newest_first)
        unique, duplicates = _counts(tests if query.test else real, query, matches)
        return answered(
            {
                "items": [_shown(event) for event in _page(found, query)],
                "total": unique + duplicates,
                "unique": unique,
                "duplicates": duplicates,
                "test_events": _counts(tests, query, matches)[0],
            }
        )

    async def requests(self, request: Request) -> Response:
        """`{"items", "total"}`: requests to TikTok's paths as received, newest first; `total` counts all."""
        query = asked(request, Page)
        log = self._memory.requests
        return answered({"items": [entry.shown() for entry in _page(log.newest_first(), query)], "total": log.total})

    async def rejections(self, request: Request) -> Response:
        """`{"items", "total", "by_code"}`: what was refused and why, newest first; the counts ignore the filters."""
        query = asked(request, RejectionQuery)
        log = self._memory.rejections
        found = (
            rejection
            for rejection in log.newest_first()
            if (not query.pixel or rejection.pixel_code == query.pixel)
            and (query.code is None or rejection.code == query.code)
        )
        by_code = {str(code): times for code, times in sorted(log.by_code.items())}
        return answered({"items": list(_page(found, query)), "total": log.by_code.total(), "by_code": by_code})

    async def faults(self, _request: Request) -> Response:
        """`{"items": [{"fault", "left"}]}` in the order they will be taken."""
        return answered({"items": self._memory.faults.waiting()})

    async def add_fault(self, request: Request) -> Response:
        fault = await told(request, Fault)
        self._memory.faults.add(fault)
        return answered({"fault": fault, "waiting": len(self._memory.faults.waiting())}, status=201)

    async def clear_faults(self, _request: Request) -> Response:
        self._memory.faults.clear()
        return answered({"waiting": 0})

    async def limits(self, _request: Request) -> Response:
        """`{"qps", "qpm", "qpd"}`; null = no limit."""
        return answered(self._memory.rate.limits)

    async def set_limits(self, request: Request) -> Response:
        """What is not named has no limit from now on."""
        self._memory.rate.set(await told(request, RateLimits))
        return answered(self._memory.rate.limits)

    async def versions(self, _request: Request) -> Response:
        """`{"alive": ["v1.3"], "deprecated": {}}`."""
        return answered(self._memory.versions.versions)

    async def set_versions(self, request: Request) -> Response:
        """What is not named is back at its default."""
        self._memory.versions.set(await told(request, Versions))
        return answered(self._memory.versions.versions)

    async def pixels(self, _request: Request) -> Response:
        """`{"items": [{"code", "token" (masked), "advertiser_id", "adopted"}]}`."""
        return answered({"items": [_pixel_shown(pixel) for pixel in self._memory.registry.pixels()]})

    async def register_pixel(self, request: Request) -> Response:
        new = await told(request, NewPixel)
        pixel = Pixel(code=new.code, token=new.token, advertiser_id=new.advertiser_id)
        self._memory.registry.register(pixel)
        return answered(_pixel_shown(pixel), status=201)

    async def remove_pixel(self, request: Request) -> Response:
        code = request.path_params["code"]
        if not self._memory.registry.remove(code):
            return refused(404, "not_found", f"No pixel {code} is known here: GET /_sandbox/pixels lists them.", "code")
        return answered({"removed": code})

    async def revoke_token(self, request: Request) -> Response:
        """Any token can be revoked, known or not, before or after its first use."""
        choice = await told(request, TokenChoice)
        self._memory.registry.revoke(choice.token)
        return answered({"revoked": masked(choice.token)})

    async def restore_token(self, request: Request) -> Response:
        choice = await told(request, TokenChoice)
        if not self._memory.registry.restore(choice.token):
            return refused(404, "not_found", "This token is not revoked.", "token")
        return answered({"restored": masked(choice.token)})

    async def reset(self, request: Request) -> Response:
        choice = await told(request, Reset)
        self._memory.forget_traffic()
        if choice.pixels:
            self._memory.registry.reset()
        if choice.accounts:
            self._memory.forget_accounts()
        return answered({"reset": True, "pixels": choice.pixels, "accounts": choice.accounts})


def _matcher(query: EventQuery) -> Callable[[Taken], bool]:
    def matches(event: Taken) -> bool:
        return (
            (not query.event_id or event.event_id == query.event_id)
            and (not query.pixel or event.pixel_code == query.pixel)
            and (not query.event or event.event == query.event)
        )

    return matches


def _counts(store: EventStore, query: EventQuery, matches: Callable[[Taken], bool]) -> tuple[int, int]:
    """Distinct events and duplicates: of all time without a filter, else of what is kept."""
    if not (query.event_id or query.pixel or query.event):
        return store.unique, store.duplicates
    sends = [event.sends for event in store.newest_first() if matches(event)]
    return len(sends), sum(sends) - len(sends)


def _newest_first(event: Taken) -> float:
    return -event.received_at


def _page(found: Iterable[_T], query: Page) -> Iterable[_T]:
    return islice(found, query.offset, query.offset + query.limit)


def _shown(event: Taken) -> dict[str, Any]:
    return {
        "received_at": event.received_at,
        "pixel_code": event.pixel_code,
        "test_event_code": event.test_event_code,
        "event": event.event,
        "event_id": event.event_id,
        "payload": event.payload,
        "sends": event.sends,
        "duplicates": event.sends - 1,
        "request_id": event.request_id,
    }


def _pixel_shown(pixel: Pixel) -> dict[str, object]:
    return {
        "code": pixel.code,
        "token": masked(pixel.token),
        "advertiser_id": pixel.advertiser_id,
        "adopted": pixel.adopted,
    }
