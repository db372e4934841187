"""HTTP at the socket: uvicorn's protocol with limits for heads, and a deadline for every head and reader.

uvicorn's own keep-alive timer is cancelled by the first byte: a byte now and then would hold a connection for ever.
"""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from config.http_heads import HTTP_VERSIONS, MAX_HEADER_BYTES, MAX_HEADERS, MAX_URL_BYTES, is_host

DEADLINE_S: Final = 10.0  # of a head, from its first byte or the connection's begin; of a client that reads no answer
MAX_HEAD_BYTES: Final = MAX_URL_BYTES + 2 * MAX_HEADER_BYTES  # a header is told of only once it is complete
LINGER_S: Final = 2.0  # for whoever was refused to read why: closing on bytes still under way would take that along


@dataclass(frozen=True, slots=True)
class HeadRefusal:
    """Why a head is not taken: the answer's status line without its version, a word for programs, one for people."""

    status: str
    code: str
    message: str


TOO_LONG: Final = HeadRefusal("414 URI Too Long", "url_too_long", "at most 8 KiB of URL")
TOO_LARGE: Final = HeadRefusal(
    "431 Request Header Fields Too Large", "headers_too_large", "at most 100 headers and 32 KiB of them"
)
NO_REQUEST: Final = HeadRefusal("400 Bad Request", "malformed_request", "this is no HTTP/1.1 request")
NO_HOST: Final = HeadRefusal("400 Bad Request", "invalid_host", "HTTP/1.1 needs exactly one valid Host header")


class Refused(Exception):
    """The head cannot be taken: the parser need not go on."""


class LimitedHttpProtocol(HttpToolsProtocol, ABC):
    """One connection. Who derives from it says what a refusal reads like, and may begin and take requests its way."""

    cycle: Any  # uvicorn's request cycle, or what stands in for one

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._stalled: asyncio.TimerHandle | None = None
        self._head_bytes = self._header_bytes = 0
        self._is_in_head = self._has_begun = False
        self._hosts: list[bytes] = []
        self._earlier: list[Any] = []  # cycles of pipelined requests that later ones came behind
        self._refusal: HeadRefusal | None = None

    @abstractmethod
    def refusal_bytes(self, refusal: HeadRefusal) -> bytes:
        """The whole answer, which ends the connection."""

    def begin_request(self) -> None:
        """The first byte of a head has come: `url`, `headers` and `expect_100_continue` are new."""
        super().on_message_begin()

    def take_request(self) -> None:
        """A head is whole and within its limits."""
        super().on_headers_complete()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the type
        self._await_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_nothing()
        self.resume_writing()
        self._answer_no_more()
        super().connection_lost(exc)

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
        """What is not whole yet has its deadline; most requests come in one piece and need none."""
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self._refusal = TOO_LARGE
            self.send_400_response("")
        elif self._deadline is None and self._is_idle() and (self._is_in_head or not self._has_begun):
            self._await_more()

    def on_message_begin(self) -> None:
        self._head_bytes = self._header_bytes = 0
        self._is_in_head = self._has_begun = True
        self._hosts = []
        self.begin_request()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
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
        self._await_nothing()
        self._is_in_head = False
        version = self.parser.get_http_version()
        if version not in HTTP_VERSIONS:
            self._refuse(NO_REQUEST)
        is_old = not self._hosts and version == "1.0"
        if not is_old and (len(self._hosts) != 1 or not is_host(self._hosts[0])):
            self._refuse(NO_HOST)
        self.take_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled = self.loop.call_later(DEADLINE_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - ours says why
        """What uvicorn answers to a head it could not take."""
        self._refusal = self._refusal or NO_REQUEST
        self._await_nothing()
        if self.transport.is_closing():  # the answer before was the last one: what came behind it gets none
            return
        self.transport.write(self.refusal_bytes(self._refusal))
        self._answer_no_more()
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self._deadline = self.loop.call_later(LINGER_S, self.transport.abort)
        else:
            self.transport.close()

    def _answer_no_more(self) -> None:
        """The connection is over for every request of it; uvicorn tells the last one alone."""
        for cycle in (*self._earlier, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                if isinstance(cycle, RequestResponseCycle):  # which would write it whenever its body is asked for
                    cycle.waiting_for_100_continue = False
                cycle.message_event.set()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _refuse(self, refusal: HeadRefusal) -> None:
        self._refusal = refusal
        raise Refused

    def _await_more(self) -> None:
        self._deadline = self.loop.call_later(DEADLINE_S, self.transport.abort)

    def _await_nothing(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
