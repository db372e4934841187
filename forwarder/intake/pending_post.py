"""A posted request that waits for its body, then for its batch, without a task of its own."""

import asyncio
from typing import Any, Final

from starlette.responses import Response
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from forwarder.errors import Refusal, bug_response, overdue, refusal_response
from forwarder.intake.answer_deadline import BODY_GRACE_S
from forwarder.intake.body import DEADLINE_S, check_text, late
from forwarder.intake.posted import Post, Taken

CLOSE: Final = (b"connection", b"close")


class PendingPost:
    """To uvicorn a request in progress, so that pipelining, keep-alive and shutdown are its own.

    Answers are due as `AnswerDeadline` has it, and what is late is not stored unless its batch has begun.
    """

    __slots__ = (
        "_began",
        "_chunks",
        "_post",
        "_protocol",
        "_taken",
        "_timer",
        "disconnected",
        "keep_alive",
        "message_event",
        "response_complete",
    )

    def __init__(self, protocol: Any, post: Post) -> None:
        self._protocol, self._post = protocol, post
        self._began = protocol.loop.time()
        self._chunks: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._taken: Taken | None = None
        self.keep_alive = True  # until uvicorn says that the process stops
        self.disconnected = self.response_complete = False
        self.message_event = _NOBODY_WAITS

    def add(self, chunk: bytes) -> None:
        """A part of the body."""
        self._chunks.append(chunk)

    def await_body(self) -> None:
        """The body is not there yet."""
        if self._timer is None and self._taken is None and not self.response_complete:
            self._timer = self._protocol.loop.call_at(self._began + DEADLINE_S, self._refuse, late)

    def complete(self) -> None:
        """The body is there: hand it on, or refuse it at once."""
        if self.response_complete:
            return
        self._stop_timer()
        body = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        try:
            check_text(body)
            self._taken = self._post.read(body)
        except Refusal as refusal:
            self._answer(refusal_response(refusal))
        except Exception as error:
            self._answer(bug_response("POST", error))
        else:
            self._await_batch(self._taken)

    def _await_batch(self, taken: Taken) -> None:
        if taken.result is None:
            self._answer(taken.response([]))
            return
        loop = self._protocol.loop
        due = max(self._began + self._post.services.answer_within_s, loop.time() + BODY_GRACE_S)
        self._timer = loop.call_at(due, self._refuse, overdue)
        taken.result.add_done_callback(self._settled)

    def _settled(self, result: "asyncio.Future[Any]") -> None:
        if self.response_complete:
            return
        assert self._taken is not None  # noqa: S101
        try:
            response = self._taken.response(result.result())
        except Refusal as refusal:
            response = refusal_response(refusal)
        except Exception as error:
            response = bug_response("POST", error)
        self._answer(response)

    def _refuse(self, why: Any) -> None:
        """The time is over."""
        self._answer(refusal_response(why()))
        if self._taken is not None and self._taken.result is not None:
            self._taken.result.cancel()

    def _answer(self, response: Response) -> None:
        self.response_complete = True
        self._stop_timer()
        protocol = self._protocol
        if self.disconnected or protocol.transport.is_closing():
            return
        if CLOSE in response.raw_headers:
            self.keep_alive = False
        elif not self.keep_alive:
            response.raw_headers.append(CLOSE)
        headers = (*protocol.server_state.default_headers, *response.raw_headers)
        lines = b"".join([b"%b: %b\r\n" % header for header in headers])
        protocol.transport.write(b"".join((STATUS_LINE[response.status_code], lines, b"\r\n", response.body)))
        if not self.keep_alive:
            protocol.transport.close()
        protocol.on_response_complete()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _NoEvent:
    def set(self) -> None:
        """Nobody waits for this body in a task."""


_NOBODY_WAITS: Final = _NoEvent()
