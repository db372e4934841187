"""TikTok's Business API over HTTP: OAuth, accounts, entities, pixels and reports. One call, one deadline.

Parameters that are lists or objects go out as JSON (`advertiser_ids=["1","2"]`). Every path ends with a slash: without
it TikTok answers a bare 404 page. The token goes in bare, without `Bearer`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

import httpx
import msgspec

from tiktok.account_refusals import ApiRefused, not_whole, refusal_of
from tiktok.answer_text import read_json
from tiktok.codes import Answer
from tiktok.http_call import Call, usable_token
from tiktok.http_client import http_client

Group = Literal["oauth", "report", "events", "entities", "pixel"]
"""Endpoints that TikTok moves to a new version together."""

DEFAULT_VERSION: Final = "v1.3"
_LARGEST_ANSWER: Final = 32 * 1024 * 1024  # a page of 1,000 rows with every metric is about 2 MB
_CONNECT_SECONDS: Final = 5.0
# 20,000 ads are reported at most, with code 0; only this header tells
_CUT_HEADER: Final = "x-tt-ads-throttle"
_DEPRECATION_HEADER: Final = "x-api-deprecation-info"


class Reply(msgspec.Struct, frozen=True):
    """What TikTok answered a call that it carried out."""

    data: Any
    """The envelope's `data`; {} where there is none."""
    request_id: str = ""
    cut: bool = False
    """Rows were left out: there are more ads than one report holds."""
    deprecation: str = ""
    """What TikTok says of the end of this endpoint's version; empty = nothing."""


class Versions(msgspec.Struct, frozen=True):
    """The version of the API that each group of endpoints is asked in."""

    default: str = DEFAULT_VERSION
    groups: Mapping[Group, str] = msgspec.field(default_factory=dict)

    def of(self, group: Group) -> str:
        return self.groups.get(group) or self.default


def business_client() -> httpx.AsyncClient:
    """The connections to TikTok, to be opened and closed by an entry file."""
    return http_client(
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        limits=httpx.Limits(max_connections=8, max_keepalive_connections=8, keepalive_expiry=15.0),
        headers={"User-Agent": "Signalpost", "Accept": "application/json", "Accept-Encoding": "identity"},
    )


class BusinessApi:
    """Asks `base_url`, TikTok's or the sandbox's.

    Raises httpx.InvalidURL when `base_url` is no URL.
    """

    def __init__(
        self, client: httpx.AsyncClient, base_url: str, versions: Versions | None = None, deadline_s: float = 60.0
    ) -> None:
        self._client = client
        self._base = httpx.URL(base_url.rstrip("/"))
        self._versions = versions or Versions()
        self._deadline_s = deadline_s

    async def get(self, group: Group, path: str, token: str, parameters: Mapping[str, object]) -> Reply:
        """`path` without version, with both slashes: `/campaign/get/`.

        Raises:
            ApiRefused: TikTok refused, or did not answer.
        """
        headers = _headers(token)
        request = self._client.build_request(
            "GET", self._url(group, path), params=_written(parameters), headers=headers
        )
        return await self._answered(request, token, not_whole)

    async def post(self, group: Group, path: str, token: str, body: Mapping[str, object]) -> Reply:
        """`token` empty = none is sent, as the exchange of an authorisation code has none.

        Raises:
            ApiRefused: TikTok refused, or did not answer.
        """
        headers = {**_headers(token), "Content-Type": "application/json"}
        content = msgspec.json.encode(body)
        request = self._client.build_request("POST", self._url(group, path), content=content, headers=headers)
        return await self._answered(request, token, refusal_of)

    def _url(self, group: Group, path: str) -> httpx.URL:
        return self._base.copy_with(path=f"{self._base.path.rstrip('/')}/open_api/{self._versions.of(group)}{path}")

    async def _answered(
        self, request: httpx.Request, token: str, refused_by: Callable[[Answer], ApiRefused | None]
    ) -> Reply:
        answer = await Call(self._client, request, _LARGEST_ANSWER).answered(self._deadline_s, token)
        if (refused := refused_by(answer)) is not None:
            raise refused
        # a bare number past 2^53 stays whole in Python; ids are made text where they are read
        envelope: Any = read_json(answer.body or b"{}")
        return Reply(
            data=envelope.get("data") or {},
            request_id=str(envelope.get("request_id") or ""),
            cut=_CUT_HEADER in answer.headers,
            deprecation=answer.headers.get(_DEPRECATION_HEADER, ""),
        )


def _headers(token: str) -> dict[str, str]:
    """Raises:
    ApiRefused: no header can carry the token.
    """
    if token and not usable_token(token) and (refused := refusal_of(Answer(error="token", sent=False))):
        raise refused
    return {"Access-Token": token} if token else {}


def _written(parameters: Mapping[str, object]) -> dict[str, str]:
    """Absent values are left out; lists, objects and truth values go as JSON."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in parameters.items()
        if value is not None
    }


__all__ = ["ApiRefused", "BusinessApi", "Group", "Reply", "Versions", "business_client"]
