"""The Business API's client against a server on loopback that answers, misbehaves or is not there."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import anyio
import anyio.abc
import httpx
import msgspec
import pytest

from tests.tiktok.test_events_api import Talk, hanging_up, http, port_of, saying, silent
from tiktok.account_refusals import ApiRefused
from tiktok.business_api import BusinessApi, Versions, business_client

pytestmark = pytest.mark.anyio

TOKEN = "2b5700268ac04e741f0045e5f5c17f442ad713fb"
WELL = b'{"code":0,"message":"OK","request_id":"R","data":{"list":[]}}'


class Server:
    """Reads one request per connection, keeps it, then talks as it was told."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self.requests: list[bytes] = []
        self.url = ""

    async def take(self, stream: anyio.abc.SocketStream) -> None:
        request = b""
        async with stream:
            while b"\r\n\r\n" not in request or not self._whole(request):
                request += await stream.receive()
            self.requests.append(request)
            await self._talk(stream)

    def _whole(self, request: bytes) -> bool:
        head, _, body = request.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        return len(body) >= int(lengths[0]) if lengths else True

    def asked(self) -> tuple[str, str, dict[str, str], list[str]]:
        """Method, path, query and header lines in small letters of the one request."""
        [request] = self.requests
        line, *headers = request.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        method, target, _ = line.split(" ")
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        return method, urlsplit(target).path, query, [header.lower() for header in headers]


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[Server]:
    server = Server(talk)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    server.url = f"http://127.0.0.1:{port_of(listener)}"
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, server.take)
        yield server
        tasks.cancel_scope.cancel()


async def test_a_question_carries_the_bare_token_and_json_for_lists() -> None:
    async with serving(saying(http("200 OK", WELL))) as server, business_client() as client:
        parameters = {"advertiser_ids": ["1", "2"], "page": 2, "query_lifetime": True, "name": "a b", "code": None}
        reply = await BusinessApi(client, server.url + "/").get("entities", "/advertiser/info/", TOKEN, parameters)
    method, path, query, headers = server.asked()
    assert (method, path) == ("GET", "/open_api/v1.3/advertiser/info/")
    assert query == {"advertiser_ids": '["1","2"]', "page": "2", "query_lifetime": "true", "name": "a b"}
    assert f"access-token: {TOKEN}" in headers
    assert not [header for header in headers if header.startswith("authorization")]
    assert (reply.data, reply.request_id, reply.cut, reply.deprecation) == ({"list": []}, "R", False, "")


async def test_a_name_that_was_cut_in_an_emoji_hides_no_other_row() -> None:
    body = rb'{"code":0,"message":"OK","data":{"list":[{"name":"Sale \ud83d"},{"name":"Tea"}]}}'
    async with serving(saying(http("200 OK", body))) as server, business_client() as client:
        reply = await BusinessApi(client, server.url).get("entities", "/campaign/get/", TOKEN, {})
    assert reply.data == {"list": [{"name": "Sale \ufffd"}, {"name": "Tea"}]}


async def test_a_post_without_a_token_sends_none() -> None:
    async with serving(saying(http("200 OK", WELL))) as server, business_client() as client:
        await BusinessApi(client, server.url).post("oauth", "/oauth2/access_token/", "", {"auth_code": "c"})
    method, path, _, headers = server.asked()
    assert (method, path) == ("POST", "/open_api/v1.3/oauth2/access_token/")
    assert not [header for header in headers if header.startswith("access-token")]
    assert "content-type: application/json" in headers
    assert msgspec.json.decode(server.requests[0].partition(b"\r\n\r\n")[2]) == {"auth_code": "c"}


async def test_each_group_of_endpoints_has_its_version_and_the_base_may_have_a_path() -> None:
    versions = Versions("v1.3", {"report": "v2.0", "pixel": ""})
    for group, version in (("report", "v2.0"), ("pixel", "v1.3"), ("oauth", "v1.3")):
        async with serving(saying(http("200 OK", WELL))) as server, business_client() as client:
            await BusinessApi(client, f"{server.url}/proxy/", versions).get(group, "/x/", TOKEN, {})  # type: ignore[arg-type]
        assert server.asked()[1] == f"/proxy/open_api/{version}/x/"


async def test_headers_tell_of_a_cut_report_and_of_the_end_of_a_version() -> None:
    said = http("200 OK", WELL, "X-Tt-Ads-Throttle: 1", "X-Api-Deprecation-Info: v1.3 ends on 2027-11-01")
    async with serving(saying(said)) as server, business_client() as client:
        reply = await BusinessApi(client, server.url).get("report", "/report/integrated/get/", TOKEN, {})
    assert (reply.cut, reply.deprecation) == (True, "v1.3 ends on 2027-11-01")


async def test_a_number_of_19_digits_stays_whole() -> None:
    said = b'{"code":0,"data":{"scope":[7224195155857866754]}}'
    async with serving(saying(http("200 OK", said))) as server, business_client() as client:
        reply = await BusinessApi(client, server.url).get("oauth", "/x/", TOKEN, {})
    assert reply.data == {"scope": [7224195155857866754]}


@pytest.mark.parametrize("data", [b"", b',"data":null', b',"data":[]'])
async def test_an_answer_without_data_has_none(data: bytes) -> None:
    async with serving(saying(http("200 OK", b'{"code":0' + data + b"}"))) as server, business_client() as client:
        assert (await BusinessApi(client, server.url).get("oauth", "/x/", TOKEN, {})).data == {}


@pytest.mark.parametrize(
    ("talk", "kind", "words"),
    [
        (saying(http("200 OK", b'{"code":40105,"message":"token is dead"}')), "reconnect", "40105: token is dead"),
        (
            saying(http("404 Not Found", b"404 page not found")),
            "transient",
            "HTTP 404 with a body that is not TikTok's",
        ),
        (saying(http("302 Found", b"", "Location: http://127.0.0.1:1/")), "transient", "HTTP 302 with"),
        (saying(http("200 OK", b"[]")), "transient", "HTTP 200 with a body"),
        (saying(http("200 OK", b'{"code":0', length=99)), "transient", "the connection broke"),
        (hanging_up, "transient", "the connection broke"),
        (silent, "transient", "no answer within the deadline"),
    ],
    ids=["dead token, HTTP 200", "no slash", "redirect", "no envelope", "torn", "hung up", "silence"],
)
async def test_what_is_no_success_is_refused_with_its_words(talk: Talk, kind: str, words: str) -> None:
    async with serving(talk) as server, business_client() as client:
        with pytest.raises(ApiRefused) as refused:
            await BusinessApi(client, server.url, deadline_s=1).get("oauth", "/user/info/", TOKEN, {})
    assert refused.value.kind == kind
    assert refused.value.words.startswith(words)


async def test_an_answer_that_quotes_the_token_is_told_without_it() -> None:
    said = b'{"code":40105,"message":"no such token: ' + TOKEN.encode() + b'."}'
    async with serving(saying(http("200 OK", said))) as server, business_client() as client:
        with pytest.raises(ApiRefused) as refused:
            await BusinessApi(client, server.url).get("oauth", "/user/info/", TOKEN, {})
    assert TOKEN not in refused.value.words


async def test_a_server_that_is_not_there_is_a_refusal_too() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))  # bound and not listening: nobody else can answer there
        async with business_client() as client:
            api = BusinessApi(client, f"http://127.0.0.1:{reserved.getsockname()[1]}")
            with pytest.raises(ApiRefused, match="no connection to TikTok"):
                await api.get("oauth", "/user/info/", TOKEN, {})


@pytest.mark.parametrize("token", ["tökén", "a\r\nX-Evil: 1", " a"])
async def test_a_token_no_header_can_carry_is_not_sent(token: str) -> None:
    async with serving(saying(http("200 OK", WELL))) as server, business_client() as client:
        with pytest.raises(ApiRefused) as refused:
            await BusinessApi(client, server.url).get("oauth", "/user/info/", token, {})
    assert server.requests == []
    assert refused.value.kind == "reconnect"


async def test_a_base_url_that_is_none_is_refused_at_once() -> None:
    async with business_client() as client:
        with pytest.raises(httpx.InvalidURL):
            BusinessApi(client, "http://[::1")
