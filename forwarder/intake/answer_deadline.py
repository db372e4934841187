"""A request is answered in time, whatever its handler waits for."""

import asyncio
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from forwarder.errors import Handler, overdue, refusal_response

ANSWER_WITHIN_S: Final = 8.0  # the contract says 10 s, and the answer has to travel
BODY_GRACE_S: Final = 1.0  # what a request has at least once its body is there
BODY_ENDS_S: Final = 10.2  # a body has 10 s (forwarder.intake.body) and is refused by who reads it


class AnswerDeadline:
    """One request on its way to its answer.

    What is late is answered 503 from a timer: not even a handler that does not let itself be cancelled (asyncpg waits
    for a stopped PostgreSQL to acknowledge) delays that. A body that arrives slowly has its own deadline.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, within_s: float) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._within_s = within_s
        self._loop = asyncio.get_running_loop()
        self._began = self._loop.time()
        self._body_waits = False
        self._body_at = self._began
        self._late: asyncio.Task[None] | None = None

    async def answer(self, handler: Handler) -> None:
        """Call the handler and send what it returns, unless the time is over before it does.

        Raises:
            whatever the handler raises in time.
        """
        task = asyncio.current_task()
        assert task is not None  # noqa: S101
        self._timer = self._loop.call_later(self._within_s, self._look, task)
        try:
            response = await handler(Request(self._scope, self._noting, self._send))
        except BaseException:
            if self._late is None:
                raise
            await self._late
            if task.uncancel():  # somebody else wants it to end, too
                raise
            return
        finally:
            self._timer.cancel()
        if self._late is None:
            await response(self._scope, self._receive, self._send)
        else:
            await self._late

    async def _noting(self) -> Message:
        self._body_waits = True
        message = await self._receive()
        self._body_waits = False
        self._body_at = self._loop.time()
        return message

    def _look(self, task: "asyncio.Task[object]") -> None:
        now = self._loop.time()
        due = self._began + BODY_ENDS_S if self._body_waits else self._body_at + BODY_GRACE_S
        if self._body_at > self._began or self._body_waits:
            due = max(due, self._began + self._within_s)
            if now < due:
                self._timer = self._loop.call_at(due, self._look, task)
                return
        self._late = self._loop.create_task(self._say_so())
        task.cancel()

    async def _say_so(self) -> None:
        response: Response = refusal_response(overdue())
        await response(self._scope, self._receive, self._send)
