"""TikTok's Events API over HTTP: one call, one deadline, and every failure is an answer.

Source: Events API 2.0, `POST /open_api/v1.3/event/track/`. The token goes in bare, without `Bearer`.
"""

import ssl
import time
from typing import Any, Final

import anyio
import httpx

from tiktok.codes import Answer, Failure
from tiktok.http_client import http_client

_TRACK_PATH: Final = "/open_api/v1.3/event/track/"
_LARGEST_ANSWER: Final = 64 * 1024
_CONNECT_SECONDS: Final = 5.0
_SHORTEST_SECRET: Final = 8  # characters; a shorter token would take words out of an answer
# From here on TikTok may have read rows, so a failure no longer means that it has not.
_SENDING: Final = "send_request_headers.started"


def events_client() -> httpx.AsyncClient:
    """The connections to TikTok, to be opened and closed by an entry file."""
    return http_client(
        follow_redirects=False,
        # the deadline of a call is `EventsApi`'s; only connecting, which is safe to repeat, has its own
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=32, max_keepalive_connections=16, keepalive_expiry=15.0),
        headers={"User-Agent": "Signalpost", "Accept": "application/json", "Accept-Encoding": "identity"},
    )


class EventsApi:
    """Sends request bodies of `tiktok.payload` to `base_url`, TikTok's or the sandbox's.

    Raises httpx.InvalidURL when `base_url` is no URL.
    """

    def __init__(self, client: httpx.AsyncClient, base_url: str, deadline_s: float = 10.0) -> None:
        self._client = client
        self._url = httpx.URL(base_url.rstrip("/") + _TRACK_PATH)
        self._deadline_s = deadline_s

    async def track(self, token: str, body: bytes) -> Answer:
        """What TikTok said, or how the call failed, within `deadline_s` seconds all told. An answer that quotes the
        token comes back without it.
        """
        if not token or not token.isascii() or not token.isprintable() or token != token.strip():
            return Answer(error="token", sent=False)
        started = time.monotonic()
        call = _Call(self._client, self._request(token, body))
        answer = await call.answered(self._deadline_s)
        return Answer(
            status=answer.status,
            body=_without(token, answer.body),
            error=answer.error,
            sent=answer.sent,
            ms=round((time.monotonic() - started) * 1000, 1),
            retry_after_s=answer.retry_after_s,
        )

    def _request(self, token: str, body: bytes) -> httpx.Request:
        headers = {"Access-Token": token, "Content-Type": "application/json"}
        return self._client.build_request("POST", self._url, content=body, headers=headers)


class _Call:
    """One request on its way; knows whether any of it has left."""

    def __init__(self, client: httpx.AsyncClient, request: httpx.Request) -> None:
        self._client = client
        self._request = request
        self._request.extensions["trace"] = self._trace
        self._sent = False

    async def answered(self, deadline_s: float) -> Answer:
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
                if len(body) > _LARGEST_ANSWER:
                    return self._failed("too_large")
            return Answer(status=response.status_code, body=bytes(body), retry_after_s=_retry_after(response))
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
