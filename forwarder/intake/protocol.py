"""HTTP at the socket: uvicorn's protocol with a short way for plain posts, and a deadline and limits for every head.

uvicorn's own keep-alive timer is cancelled by the first byte: a byte now and then would hold a connection for ever.
"""

import asyncio
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.http_heads import HTTP_VERSIONS, MAX_HEADER_BYTES, MAX_HEADERS, MAX_URL_BYTES, is_host
from forwarder.intake.pending_post import PendingPost
from forwarder.intake.short_way import plain_post
from forwarder.services import Services

HEAD_DEADLINE_S = 10.0  # from the first byte, or from the connection's begin, to the end of the headers
MAX_HEAD_BYTES = 2 * MAX_HEADER_BYTES  # with the request line: a header is told of only once it is complete
READ_WITHIN_S = 10.0  # for a client that has stopped reading its answers
LINGER_S = 2.0  # for whoever was refused to read the answer: closing on bytes still under way would take it with them
TOO_LARGE = (431, "Request Header Fields Too Large", "headers_too_large", "at most 100 headers and 32 KiB of them")
TOO_LONG = (414, "URI Too Long", "url_too_long", "at most 8 KiB of URL")
NO_REQUEST = (400, "Bad Request", "malformed_request", "this is no HTTP/1.1 request")
NO_HOST = (400, "Bad Request", "invalid_host", "HTTP/1.1 needs exactly one valid Host header")


class Refused(Exception):
    """The head cannot be taken: the parser need not go on."""


class IntakeProtocol(HttpToolsProtocol):
    """One connection."""

    cycle: Any  # uvicorn's request cycle, or a PendingPost

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._head_bytes = self._header_bytes = 0
        self._is_in_head = self._has_begun = False
        self._hosts: list[bytes] = []
        self._earlier: list[Any] = []  # cycles of pipelined requests that later ones came behind
        self._services: Services | None = self.app_state.get("services")
        self._peer = ""
        self._refusal: tuple[int, str, str, str] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the type
        self._peer = self.client[0] if self.client else ""
        self._await_head()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            return
        if self._is_in_head:
            self._head_bytes += len(data)
        self._has_begun = False
        super().data_received(data)
        if self._refusal is None:
            self._look_after()

    def _look_after(self) -> None:
        """What is not whole yet has its deadline; most heads and bodies come in one piece and need none."""
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refusal = TOO_LARGE
            self.send_400_response("")
            return
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            if self._deadline is None and (self._is_in_head or not self._has_begun):
                self._await_head()
        elif type(cycle) is PendingPost:
            cycle.await_body()

    def on_message_begin(self) -> None:
        # uvicorn builds its scope here; the short way needs none
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._head_bytes = self._header_bytes = 0
        self._is_in_head = self._has_begun = True
        self._hosts = []

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > MAX_URL_BYTES:
            self._refuse(TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._header_bytes += len(name) + len(value)
        if self._header_bytes > MAX_HEADER_BYTES or len(self.headers) > MAX_HEADERS:
            self._refuse(TOO_LARGE)
        if self.headers[-1][0] == b"host":
            self._hosts.append(value)

    def on_headers_complete(self) -> None:
        if self.cycle is not None and not self.cycle.response_complete:
            self._earlier = [cycle for cycle in (*self._earlier, self.cycle) if not cycle.response_complete]
        self._head_is_there()
        self._is_in_head = False
        version = self.parser.get_http_version()
        if version not in HTTP_VERSIONS:
            self._refuse(NO_REQUEST)
        is_old = not self._hosts and version == "1.0"
        if not is_old and (len(self._hosts) != 1 or not is_host(self._hosts[0])):
            self._refuse(NO_HOST)
        if not self._open_post():
            self._take_the_long_way()

    def _open_post(self) -> bool:
        """Whether this is a plain post, whose body may come."""
        if self._services is None or self.parser.get_method() != b"POST" or self.parser.get_http_version() != "1.1":
            return False
        if self.flow.write_paused or (self.cycle and not self.cycle.response_complete):
            return False  # uvicorn's way waits until what came before is answered, and the client has read it
        limit = self.limit_concurrency
        if limit is not None and (len(self.connections) >= limit or len(self.tasks) >= limit):
            return False
        post = plain_post(self._services, self.url, self.headers, self._peer)
        if post is None or not self.parser.should_keep_alive():
            return False
        self.cycle = PendingPost(self, post)
        return True

    def _take_the_long_way(self) -> None:
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if type(self.cycle) is PendingPost:
            self.cycle.add(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if type(self.cycle) is PendingPost:
            self.cycle.complete()
        else:
            super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(READ_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says why
        """What uvicorn answers to a head it could not take, in the shape of every refusal."""
        status, phrase, code, message = self._refusal = self._refusal or NO_REQUEST
        body = msgspec.json.encode({"error": {"code": code, "message": message}})
        head = f"HTTP/1.1 {status} {phrase}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self._head_is_there()
        self._answer_no_more()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._deadline = self.loop.call_later(LINGER_S, self.transport.abort)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        self.resume_writing()
        self._answer_no_more()
        super().connection_lost(exc)

    def _answer_no_more(self) -> None:
        """The connection is over for every request of it; uvicorn tells the last one alone."""
        for cycle in (*self._earlier, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _refuse(self, refusal: tuple[int, str, str, str]) -> None:
        self._refusal = refusal
        raise Refused

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_DEADLINE_S, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
