"""One request to TikTok: one deadline, a bounded answer, and every failure is an answer."""

import ssl
import time
from typing import Any, Final

import anyio
import httpx

from tiktok.codes import Answer, Failure

_SHORTEST_SECRET: Final = 8  # characters; a shorter token would take words out of an answer
# From here on TikTok may have read the request, so a failure no longer means that it has not.
_SENDING: Final = "send_request_headers.started"


def usable_token(token: str) -> bool:
    """Whether a token can stand in a header."""
    return bool(token) and token.isascii() and token.isprintable() and token == token.strip()


class Call:
    """One request on its way; knows whether any of it has left."""

    def __init__(self, client: httpx.AsyncClient, request: httpx.Request, largest: int) -> None:
        """`largest`: bytes of an answer; a longer one is none of TikTok's."""
        self._client = client
        self._request = request
        self._largest = largest
        self._request.extensions["trace"] = self._trace
        self._sent = False

    async def answered(self, deadline_s: float, secret: str = "") -> Answer:
        """What TikTok said, or how the call failed, within `deadline_s` seconds all told. An answer that quotes
        `secret` comes back without it.
        """
        started = time.monotonic()
        answer = await self._within(deadline_s)
        return Answer(
            status=answer.status,
            body=_without(secret, answer.body),
            error=answer.error,
            sent=answer.sent,
            ms=round((time.monotonic() - started) * 1000, 1),
            retry_after_s=answer.retry_after_s,
            headers=answer.headers,
        )

    async def _within(self, deadline_s: float) -> Answer:
        try:
            with anyio.fail_after(deadline_s):
                return await self._exchange()
        except (TimeoutError, httpx.TimeoutException):
            return self._failed("timeout")
        except (httpx.HTTPError, OSError) as error:
            if self._sent:
                return self._failed("reset")
            return self._failed("tls" if _is_tls(error) else "connect")

    async def _exchange(self) -> Answer:
        response = await self._client.send(self._request, stream=True)
        try:
            body = bytearray()
            # raw: an answer that is compressed unasked could unfold to any size
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > self._largest:
                    return self._failed("too_large")
            return Answer(
                status=response.status_code,
                body=bytes(body),
                retry_after_s=_retry_after(response),
                headers={name.lower(): value for name, value in response.headers.items()},
            )
        finally:
            await response.aclose()

    def _failed(self, error: Failure) -> Answer:
        return Answer(error=error, sent=self._sent)

    async def _trace(self, event: str, _: dict[str, Any]) -> None:
        self._sent = self._sent or event.endswith(_SENDING)


def _without(token: str, body: bytes | None) -> bytes | None:
    if body is None or len(token) < _SHORTEST_SECRET:
        return body
    return body.replace(token.encode(), b"[token]")


def _retry_after(response: httpx.Response) -> int | None:
    """In seconds; a date is not read, as this machine's clock may not be theirs."""
    said = response.headers.get("Retry-After", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 10 else None


def _is_tls(error: BaseException) -> bool:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False
