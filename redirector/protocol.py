"""HTTP at the socket: uvicorn's protocol with a short way for clicks and limits before anything is parsed twice.

A plain `GET /{slug}` of a known link is answered from its raw bytes, or from the parser's callbacks: without an ASGI
scope, a task or a response object (decision 4). All else, and what is pipelined, takes uvicorn's own way to Starlette.
"""

import asyncio
from typing import Any

import httptools
import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config.http_heads import HTTP_VERSIONS, MAX_HEADER_BYTES, MAX_HEADERS, MAX_URL_BYTES, is_host
from redirector.answers import refusal_bytes
from redirector.paths import tidy_path, with_question_mark
from redirector.pending_click import PendingClick
from redirector.raw_bytes import RUNS, new_parser, percent_encoded
from redirector.state import RedirectorState
from redirector.visit_reader import Redirect, Request

HEAD_DEADLINE_S = 10.0  # for a whole request head; uvicorn's own timer restarts with each byte
DRAIN_S = 1.0  # for open connections of a process that stops: a request may be on its way
LINGER_S = 2.0  # for whoever was refused to read the answer: closing on bytes still under way would take it with them
METHODS = b"allow: GET, HEAD\r\n"
BEACON_METHODS = b"allow: POST\r\n"
MAX_KNOWN_HOSTS = 1_000

log = structlog.get_logger()


class Refused(Exception):
    """The request has been answered with a refusal: the parser need not go on."""


class SignalLinkProtocol(HttpToolsProtocol):
    """One connection."""

    state: RedirectorState
    cycle: Any  # uvicorn's request cycle, or a PendingClick

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state = self.app_state["redirector"]
        self.peer = ""
        self.awaiting_since = 0.0  # loop time since which a request head is awaited; 0 = one is being answered
        self._header_bytes = self._head_bytes = self._hosts = 0
        self._host, self._is_in_head = b"", False
        self._is_between = True  # requests, to the parser: no byte of the next one has come
        self._pending = PendingClick(self)
        self._refusal: bytes | None = None  # the last answer of this connection
        self._stalled_since = 0.0  # loop time since which the client reads too slowly; 0 = it does not

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows the type
        self.peer = self.client[0] if self.client else ""
        self.awaiting_since = self.loop.time()
        self.state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.state.connections.discard(self)
        super().connection_lost(exc)

    def close_if_overdue(self, now: float) -> None:
        """Close a connection that has sent no complete request head for too long, however steadily it drips."""
        if self._stalled_since and now - self._stalled_since > HEAD_DEADLINE_S:
            self.state.counters.refused["slow reader"] += 1
            self.transport.abort()
        elif self.awaiting_since and now - self.awaiting_since > HEAD_DEADLINE_S:
            if self._is_in_head:
                self.state.counters.refused["header deadline"] += 1
            self.transport.abort()
        elif self._is_drained(now):
            self.transport.close()

    def _is_drained(self, now: float) -> bool:
        """Whether this process stops and no request has come for so long that none is on its way."""
        if not self.state.draining_since or not self.awaiting_since or self._is_in_head:
            return False
        return now - max(self.awaiting_since, self.state.draining_since) > DRAIN_S

    def shutdown(self) -> None:
        """This process stops. uvicorn would close idle connections under the requests that are on their way to us."""
        self.state.draining_since = self.state.draining_since or self.loop.time()
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stalled_since = self.loop.time()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stalled_since = 0.0

    def date_line(self) -> bytes:
        """The Date header, which uvicorn renews each second."""
        return self.state.date_line(self.server_state.default_headers)

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None or (self._is_between and self._open_plain(data)):
            return
        if self._is_in_head:
            self._head_bytes += len(data)
        try:
            if data.isascii():
                self.parser.feed_data(data)
            else:
                self._feed_raw_bytes(data)
        except httptools.HttpParserUpgrade:
            return  # nothing here is upgraded: the request is answered as if it had not asked
        except httptools.HttpParserInvalidMethodError:
            self._close_with(b"405 Method Not Allowed", "method", METHODS)
        except httptools.HttpParserCallbackError:  # what a callback raised: Refused, or a fault of ours
            if self._refusal is None:
                log.exception("a visit could not be read")
                self._close_with(b"500 Internal Server Error", "fault")
        except httptools.HttpParserError:
            self._close_with(b"400 Bad Request", "malformed")
        if self._is_in_head and self._head_bytes > MAX_URL_BYTES + MAX_HEADER_BYTES:
            # one header that does not end: the parser tells of it only once it is complete
            self._close_with(b"431 Request Header Fields Too Large", "headers too large")

    def _feed_raw_bytes(self, data: bytes) -> None:
        """Feed what is not ASCII alone. llhttp refuses such bytes in a target: there they are percent-encoded.

        Whether they are in a target only the parser knows, so it is asked; what it refused was the first byte of a run,
        and everything before it has been told by then. A new parser goes on from the begin of the request line, with
        the rest of the target in one piece: were it made anew for each run, some requests would cost a thousand times
        what others do.
        """
        fed = 0
        for run in RUNS.finditer(data):
            if run.end() <= fed:
                continue
            try:
                end = run.end()
                self.parser.feed_data(data[fed:end])
                # taken, so this is a header or a body: no target begins before its line has ended
                fed = end if run[0].isascii() else data.find(b"\n", end) + 1 or len(data)
                self.parser.feed_data(data[end:fed])
            except httptools.HttpParserInvalidURLError:
                if run[0].isascii() or not self.url:
                    raise
                line = self.parser.get_method() + b" " + self.url
                end = data.find(b" ", run.start())
                fed = end if end >= 0 else len(data)
                self.parser = new_parser(self)
                self.parser.feed_data(line + percent_encoded(data[run.start() : fed]))
            if self._refusal is not None:
                return

    def on_message_begin(self) -> None:
        # uvicorn builds its scope here; a click needs none
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._header_bytes = self._head_bytes = self._hosts = 0
        self._is_in_head = True
        self._is_between = False
        if not self.awaiting_since:  # pipelined behind an answer in progress
            self.awaiting_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > MAX_URL_BYTES:
            self._refuse(b"414 URI Too Long", "url too long")

    def on_header(self, name: bytes, value: bytes) -> None:
        headers = self.headers
        name = name.lower()
        headers.append((name, value))
        size = len(name)
        self._header_bytes += size + len(value)
        if size == 4 and name == b"host":  # numbers are compared faster, and this is done for every header
            self._hosts += 1
            self._host = value
        if self._header_bytes > MAX_HEADER_BYTES or len(headers) > MAX_HEADERS:
            self._refuse(b"431 Request Header Fields Too Large", "headers too large")

    def on_headers_complete(self) -> None:
        self.awaiting_since = 0.0
        self._is_in_head = False
        if self._hosts != 1 or self._host not in self.state.known_hosts:
            self._check_host()
        if not self._open_click():
            self._take_the_long_way()

    def _check_host(self) -> None:
        """RFC 9112, 3.2: exactly one valid Host, but for HTTP/1.0, which need not have any."""
        is_old = self._hosts == 0 and self.parser.get_http_version() == "1.0"
        if not is_old and (self._hosts != 1 or not is_host(self._host)):
            self._refuse(b"400 Bad Request", "host")
        if self._hosts and len(self.state.known_hosts) < MAX_KNOWN_HOSTS:
            self.state.known_hosts.add(self._host)

    def _open_plain(self, data: bytes) -> bool:
        """Whether these bytes were a plain GET, and a click that is now being recorded; the parser never sees them."""
        state = self.state
        plain = state.plain_gets.read(data) if self._may_open_click() else None
        if plain is None:
            return False
        path, query, host, seen = plain
        link = state.redirect_link(path, ((b"host", host),))
        if link is None:
            return False
        self.awaiting_since = 0.0
        self._record(state.reader.open_seen(link, query, seen, self.peer), not state.draining_since)
        return True

    def _open_click(self) -> bool:
        """Whether what the parser has read was a click that is now being recorded."""
        url, state = self.url, self.state
        if self.parser.get_method() != b"GET" or url[:1] != b"/" or not self._may_open_click():
            return False
        path, _, query = url.partition(b"?")
        link = state.redirect_link(path, self.headers)
        if link is None or b"#" in url:  # a fragment is neither path nor query: uvicorn's way cuts it off
            return False
        version = self.parser.get_http_version()
        if version not in HTTP_VERSIONS:
            return False
        keep_alive = version == "1.1" and not state.draining_since and self.parser.should_keep_alive()
        self._record(state.reader.open(link, Request(query, self.headers, self.peer)), keep_alive)
        return True

    def _may_open_click(self) -> bool:
        """Whether no answer is in progress, and the client has read those before: else uvicorn's way makes it wait."""
        return not self.flow.write_paused and (self.cycle is None or self.cycle.response_complete)

    def _record(self, redirect: Redirect, keep_alive: bool) -> None:
        pending = self.cycle = self._pending
        pending.begin(redirect, keep_alive)
        self.state.recorder.record(redirect.rows, redirect.count, pending)

    def _take_the_long_way(self) -> None:
        method, url, headers = self.parser.get_method(), with_question_mark(self.url), self.headers
        if self.parser.get_http_version() not in HTTP_VERSIONS:  # a request line that a raw line feed cut is 0.9
            self._refuse(b"400 Bad Request", "malformed")
        # here, not in the app: its body may be no body to the parser, and would be answered as a request
        is_beacon = tidy_path(url.partition(b"?")[0].decode("latin-1")).endswith("/enrich") and url.count(b"/") > 1
        if method not in (b"GET", b"HEAD") and not (is_beacon and method == b"POST"):
            self._refuse(b"405 Method Not Allowed", "method", BEACON_METHODS if is_beacon else METHODS)
        super().on_message_begin()
        self.url = url
        self.headers.extend(headers)
        self.expect_100_continue = any(
            name == b"expect" and value.lower() == b"100-continue" for name, value in headers
        )
        super().on_headers_complete()
        self.scope["path"] = tidy_path(self.scope["path"])  # the app's task has not begun yet
        if self.state.draining_since:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        if not isinstance(self.cycle, PendingClick):
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_between = True
        if not isinstance(self.cycle, PendingClick):
            super().on_message_complete()

    def on_response_complete(self) -> None:
        # as uvicorn's own, but for its keep-alive timer: one timer a click costs more than a sweep each second
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        if self.pipeline:  # nothing more is read before these are answered, or they would pile up
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self.flow.resume_reading()
        if self._refusal is not None:
            self._send_refusal(self._refusal)
        else:
            self.awaiting_since = self.loop.time()

    def _refuse(self, status: bytes, reason: str, extra: bytes = b"") -> None:
        self._close_with(status, reason, extra)
        raise Refused

    def _close_with(self, status: bytes, reason: str, extra: bytes = b"") -> None:
        self._refusal = refusal_bytes(status, extra)
        self._is_in_head = False
        self.state.counters.refused[reason] += 1
        if self.cycle is None or self.cycle.response_complete:  # else it follows the answers in progress
            self._send_refusal(self._refusal)

    def _send_refusal(self, refusal: bytes) -> None:
        if self.transport.is_closing():  # the answer before was the last one: what came behind it gets none
            return
        self.transport.write(refusal)
        if self.transport.can_write_eof():
            self.transport.write_eof()
            self.awaiting_since = self.loop.time() - HEAD_DEADLINE_S + LINGER_S
        else:
            self.transport.close()
