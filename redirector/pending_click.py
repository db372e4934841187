"""A click whose answer waits until it is recorded."""

from typing import Any

from redirector.answers import redirect_bytes
from redirector.visit_reader import Redirect


class _NoEvent:
    def set(self) -> None:
        """Nobody waits for a click's body."""


class PendingClick:
    """A click that waits for its record; to uvicorn a request in progress, so that pipelining and shutdown hold.

    One serves all clicks of a connection, which come one after another.
    """

    __slots__ = ("_protocol", "_started", "disconnected", "keep_alive", "redirect", "response_complete")

    message_event = _NoEvent()

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self.disconnected = False
        self.response_complete = True

    def begin(self, redirect: Redirect, keep_alive: bool) -> None:
        self._started = self._protocol.loop.time()
        self.redirect = redirect
        self.keep_alive = keep_alive
        self.response_complete = False

    def release(self) -> None:
        """The click is recorded: answer it."""
        protocol = self._protocol
        self.response_complete = True
        protocol.state.counters.seconds.add(protocol.loop.time() - self._started)
        if not protocol.transport.is_closing():
            protocol.transport.write(redirect_bytes(self.redirect, self.keep_alive, protocol.date_line()))
            if not self.keep_alive:
                protocol.transport.close()
        protocol.on_response_complete()
