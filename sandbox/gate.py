"""The way in to every endpoint of TikTok's: reads the request, writes it down, lets a scripted fault act, answers.

A plain ASGI callable around one handler, because a benchmark's worth of deliveries passes here.
"""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
from starlette.types import Receive, Scope, Send

from sandbox.calls import HTML, Answer, Call, envelope
from sandbox.codes import Code, message_of
from sandbox.faults import Fault
from sandbox.memory import Memory

Handler = Callable[[Call, Memory], Answer]

# Far above 1,000 rows of ordinary size.
BODY_LIMIT = 16 * 1024 * 1024
# Where the server puts the function that closes a connection without an answer: see sandbox/server.py.
DROP_CONNECTION = "drop_connection"


class Gate:
    """Serves one endpoint with `handler`; other methods than `method` get 405 (None: every method is served).

    `limited`: whether its requests count against the limits of the API.
    """

    def __init__(self, handler: Handler, memory: Memory, method: str | None, limited: bool = True) -> None:
        self._handler = handler
        self._memory = memory
        self._method = method
        self._limited = limited

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            return
        memory = self._memory
        now = memory.clock()
        call = Call(
            request_id=memory.new_request_id(now),
            received_at=now,
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=scope["headers"],
            body=body,
        )
        entry = memory.requests.note(call)
        fault = memory.faults.take(call.path)
        entry.faulted = fault is not None
        answer = self._handle(call) if fault is None else await self._misbehave(call, fault, receive)
        if answer is None:
            entry.dropped = True
            await _drop(scope, receive)
            return
        entry.status, entry.code = answer.status, answer.code
        await _send(send, answer)

    def _handle(self, call: Call) -> Answer:
        version = call.version
        if version is None:
            return self._handled(call)
        if not self._memory.versions.alive(version):  # as probed in 2026-10 for v2.0
            return Answer(envelope(Code.VERSION_ERROR, call.request_id, "no schema found"), code=Code.VERSION_ERROR)
        answer = self._handled(call)
        headers = self._memory.versions.headers(version)
        return msgspec.structs.replace(answer, headers=(*answer.headers, *headers)) if headers else answer

    def _handled(self, call: Call) -> Answer:
        if self._method is not None and call.method != self._method:
            message = f"Method {call.method} is not allowed: use {self._method}."
            body = envelope(Code.INVALID_PARAMS, call.request_id, message)
            return Answer(body, code=Code.INVALID_PARAMS, status=405, allow=self._method)
        if self._limited and (words := self._memory.rate.refusal(call.received_at)):
            return Answer(envelope(Code.REQUEST_TOO_FREQUENT, call.request_id, words), code=Code.REQUEST_TOO_FREQUENT)
        if len(call.body) > BODY_LIMIT:
            message = f"Request body is larger than {BODY_LIMIT} bytes."
            return Answer(envelope(Code.PARAM_ERROR, call.request_id, message), code=Code.PARAM_ERROR, status=413)
        return self._handler(call, self._memory)

    async def _misbehave(self, call: Call, fault: Fault, receive: Receive) -> Answer | None:
        """The answer a fault leaves, or None when the connection is to be dropped."""
        handled = self._handle(msgspec.structs.replace(call, refused_rows=fault.rows)) if fault.takes else None
        if fault.delay_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_client_gone(receive), fault.delay_s)
        if fault.drops:
            return None
        return fault.answer(call) or handled


def not_found(call: Call, _memory: Memory) -> Answer:
    """Any path of TikTok's that the sandbox does not play. Without its trailing slash a path is a bare page."""
    if not call.path.endswith("/"):
        return Answer(b"<html><body><h1>404 Not Found</h1></body></html>", status=404, content_type=HTML)
    message = f"{message_of(Code.NOT_EXIST)}: {call.path} (GET / lists what there is)"
    return Answer(envelope(Code.NOT_EXIST, call.request_id, message), code=Code.NOT_EXIST, status=404)


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, cut one byte past the limit; None when the client went away first."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        chunk: bytes = message.get("body", b"")
        if len(body) <= BODY_LIMIT:
            body = (body + chunk)[: BODY_LIMIT + 1] if body else chunk[: BODY_LIMIT + 1]
        if not message.get("more_body", False):
            return body


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", b"%d" % len(answer.body)),
    ]
    if answer.retry_after is not None:
        headers.append((b"retry-after", b"%d" % answer.retry_after))
    if answer.allow is not None:
        headers.append((b"allow", answer.allow.encode()))
    headers += answer.headers
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until the server has noticed, so that it sends no 500 of its own."""
    drop_connection: Callable[[], None] | None = scope.get("state", {}).get(DROP_CONNECTION)
    if drop_connection is None:
        raise RuntimeError("a dropped connection was scripted, which only sandbox.server can do: serve the app with it")
    drop_connection()
    await _client_gone(receive)


async def _client_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
