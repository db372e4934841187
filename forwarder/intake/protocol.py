"""The forwarder at the socket: a short way for plain posts, refusals in the shape of all."""

import asyncio
from typing import Any

import msgspec

from config.http_limits import HeadRefusal, LimitedHttpProtocol
from forwarder.intake.pending_post import PendingPost
from forwarder.intake.short_way import plain_post
from forwarder.services import Services


class IntakeProtocol(LimitedHttpProtocol):
    """One connection; its cycle is uvicorn's, or a `PendingPost`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._services: Services | None = self.app_state.get("services")
        self._peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._peer = self.client[0] if self.client else ""

    def begin_request(self) -> None:
        # uvicorn builds its scope here; the short way needs none
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def take_request(self) -> None:
        if not self._open_post():
            self._take_the_long_way()

    def _look_after(self) -> None:
        super()._look_after()
        if self._refusal is None and type(self.cycle) is PendingPost:
            self.cycle.await_body()

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
        super().begin_request()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().take_request()

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

    def refusal_bytes(self, refusal: HeadRefusal) -> bytes:
        """JSON, as of every error."""
        body = msgspec.json.encode({"error": {"code": refusal.code, "message": refusal.message}})
        head = f"HTTP/1.1 {refusal.status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        return head.encode() + b"connection: close\r\n\r\n" + body
