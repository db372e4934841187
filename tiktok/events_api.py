"""TikTok's Events API over HTTP: one call, one deadline, and every failure is an answer.

Source: Events API 2.0, `POST /open_api/v1.3/event/track/`. The token goes in bare, without `Bearer`.
"""

from typing import Final

import httpx

from tiktok.codes import Answer
from tiktok.http_call import Call, usable_token
from tiktok.http_client import http_client
from tiktok.server_clock import ServerClock

DEFAULT_VERSION: Final = "v1.3"
_LARGEST_ANSWER: Final = 2 * 1024 * 1024  # a refusal of 1,000 rows may say of each what is wrong with it
_CONNECT_SECONDS: Final = 5.0


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

    def __init__(
        self, client: httpx.AsyncClient, base_url: str, deadline_s: float = 10.0, version: str = DEFAULT_VERSION
    ) -> None:
        self._client = client
        self._url = httpx.URL(f"{base_url.rstrip('/')}/open_api/{version}/event/track/")
        self._deadline_s = deadline_s
        self.server_clock = ServerClock()

    async def track(self, token: str, body: bytes) -> Answer:
        """What TikTok said, or how the call failed, within `deadline_s` seconds all told. An answer that quotes the
        token comes back without it.
        """
        if not usable_token(token):
            return Answer(error="token", sent=False)
        call = Call(self._client, self._request(token, body), _LARGEST_ANSWER)
        answer = await call.answered(self._deadline_s, token)
        self.server_clock.note(answer)
        return answer

    def _request(self, token: str, body: bytes) -> httpx.Request:
        headers = {"Access-Token": token, "Content-Type": "application/json"}
        return self._client.build_request("POST", self._url, content=body, headers=headers)
