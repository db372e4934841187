"""`/apps/{app_id}/live`: what happens now, as it happens."""

from collections.abc import AsyncIterator, Callable
from typing import Any, Final, cast

import anyio
import msgspec
from markupsafe import Markup
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import JSONResponse, Response

from admin.feed_cursor import parse_cursor
from admin.feed_items import KINDS, STATES, FeedFilter, FeedItem
from admin.feed_reader import Batch, Bearer, Reader
from admin.links import list_links
from admin.live_feed import LiveFeed
from admin.refusal import Refused
from admin.users import Role
from console.call import Call
from console.feed_line import line
from console.page import Page

SHOWN_AT_FIRST: Final = 50
PING_S: Final = 15
SEND_TIMEOUT_S: Final = 20
FAREWELL_S: Final = 3  # for whoever reads slowly; less than the server's own patience
STREAM: Final = "text/event-stream"

Lines = Callable[[tuple[FeedItem, ...]], Markup]


async def show_live(call: Call) -> Response:
    wanted = _wanted(call)
    newest = await _feed(call).latest(wanted, SHOWN_AT_FIRST)
    links = [link["slug"] for link in await list_links(call.session, call.this_app.app_id)]
    shown: dict[str, Any] = {
        "batch": newest,
        "lines": _lines(call)(newest.items),
        "kinds": KINDS,
        "states": STATES,
        "links": links,
    }
    filters = {name: call.asked(name) for name in ("kind", "link", "state") if call.asked(name)}
    return call.page("live.html", title="Live", filters=filters, is_filtered=bool(filters), **shown)


async def send_items(call: Call) -> Response:
    """Server-sent events, each with what became final at once; JSON for who asks for no stream."""
    wanted = _wanted(call)
    read = parse_cursor(call.request.headers.get("last-event-id", "") or call.asked("after"))
    feed, bearer = _feed(call), Bearer(call.me.token_hash, call.me.role)
    reader, missed = await feed.open(bearer, read)
    if STREAM not in call.request.headers.get("accept", ""):
        feed.close(reader)
        return JSONResponse(_told(missed, wanted, _lines(call)), headers=call.headers)
    return EventSourceResponse(
        _events(feed, (reader, missed), wanted, _lines(call)),
        ping=PING_S,
        ping_message_factory=lambda: ServerSentEvent(comment="still here"),
        send_timeout=SEND_TIMEOUT_S,
        shutdown_event=cast(anyio.Event, _Farewell(reader)),
        shutdown_grace_period=FAREWELL_S,
    )


class _Farewell:
    """What the library sets when the console is told to stop: the stream then ends by itself, and whole.

    One that is cut off instead is a line of the log for each feed that was open.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def set(self) -> None:
        self._reader.finish("stopping")


async def _events(
    feed: LiveFeed, opened: tuple[Reader, Batch], wanted: FeedFilter, lines: Lines
) -> AsyncIterator[ServerSentEvent]:
    reader, batch = opened
    try:
        yield ServerSentEvent(comment="open", retry=2000)
        yield _event(batch, wanted, lines)  # also where nothing was missed: it says from where on
        while (following := await reader.next()) is not None:
            if following.hidden or any(wanted.takes(item) for item in following.items):
                yield _event(following, wanted, lines)
        yield ServerSentEvent(event="end", data=reader.end)
    finally:
        feed.close(reader)


def _event(batch: Batch, wanted: FeedFilter, lines: Lines) -> ServerSentEvent:
    data = msgspec.json.encode(_told(batch, wanted, lines)).decode()
    return ServerSentEvent(data=data, event="items", id=str(batch.cursor))


def _told(batch: Batch, wanted: FeedFilter, lines: Lines) -> dict[str, Any]:
    items = tuple(item for item in batch.items if wanted.takes(item))
    return {
        "lines": str(lines(items)),
        "count": len(items),
        "hidden": batch.hidden,
        "next": str(batch.cursor),
    }


def _lines(call: Call) -> Lines:
    """Items as HTML, in the words and numbers of who looks."""
    app_id, numbers = call.this_app.app_id, call.numbers()
    return lambda items: Markup("").join(line(item, app_id, numbers) for item in items)


def _wanted(call: Call) -> FeedFilter:
    kind, state = call.asked("kind"), call.asked("state")
    if kind and kind not in KINDS:
        raise Refused(f"kind: must be one of {', '.join(KINDS)}")
    if state and state not in STATES:
        raise Refused(f"state: must be one of {', '.join(STATES)}")
    return FeedFilter(kind, call.asked("link"), state)


def _feed(call: Call) -> LiveFeed:
    return call.console.feeds.of(call.this_app.app_id)


PAGES = (
    Page("/apps/{app_id}/live", show_live, Role.VIEWER),
    Page("/apps/{app_id}/live/items", send_items, Role.VIEWER),
)
