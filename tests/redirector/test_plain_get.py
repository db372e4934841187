"""The strict look takes less than the parser does, and whatever it takes the parser reads alike."""

from dataclasses import dataclass, field

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from config.http_heads import MAX_HEADERS
from redirector import plain_get
from redirector.plain_get import PlainGets
from redirector.raw_bytes import new_parser
from redirector.seen_headers import SeenHeaders, read_headers
from tests.redirector.visits import CORPUS
from tests.redirector.wire import ANDROID, request

REMEMBERS = PlainGets()  # over all examples, so that what it remembers is tried too
TARGETS = (
    "/spring",
    "/spring?ad_id=7&ttclid=E.C.P.abcd",
    "/",
    "/%73pring?",
    "/a//b?c?d=%zz",
    "/spring?a=b#c",
    "*",
    "//t",
)
LINES = (
    "Host: t.test", "host: t.test", "Host: u", "Host: a b", "Host:", f"User-Agent: {ANDROID}", "user-agent:x",
    "User-Agent: ",
    "Accept-Language: de,en;q=0.5", "Cookie: _ttp=abc", "cookie: a=b; c=d", "X-Forwarded-For: 203.0.113.7",
    "x-forwarded-for: 2001:db8::1, 10.0.0.1", "X-Forwarded-For: ", "X-Forwarded-For: 1.2.3.4 ", "Purpose: prefetch",
    "Sec-Purpose: prefetch;prerender", "X-Moz: no", "Connection: keep-alive", "Connection: close",
    "connection: Keep-Alive",
    "Connection: keep-alive, close", "Proxy-Connection: close", "Content-Length: 0", "Content-Length: 5",
    "Transfer-Encoding: chunked", "Upgrade: h2c", "Connection: Upgrade", "Expect: 100-continue", "TE: trailers",
    "X:  two", "X: a\tb", "X:\ta", " folded", "no colon", "X : y", ": y", "X-Größe: é", "X: é",
)  # fmt: skip
ODD_BYTES = b'\r\n\t \x00\x7f\x80\xff:;#?%,/"\\AaGg019'


@dataclass
class Parsed:
    """What the parser made of some bytes."""

    begun: int = 0
    done: int = 0
    url: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    def on_message_begin(self) -> None:
        self.begun += 1

    def on_message_complete(self) -> None:
        self.done += 1

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body


def assert_parsed_alike(data: bytes, gets: PlainGets) -> bool:
    """Whether the strict look took it; then the parser must have read the same, whole, and wait for the next."""
    plain = gets.read(data)
    if plain is None:
        return False
    path, query, host, seen = plain
    parsed = Parsed()
    parser = new_parser(parsed)
    parser.feed_data(data)  # a refusal or an upgrade raises
    assert (parsed.begun, parsed.done, parsed.body) == (1, 1, b"")
    assert (parser.get_method(), parser.get_http_version(), parser.should_keep_alive()) == (b"GET", "1.1", True)
    assert parsed.url in (path + b"?" + query, path)
    assert parsed.url.partition(b"?")[::2] == (path, query)
    assert seen == read_headers(parsed.headers)
    assert [value for name, value in parsed.headers if name == b"host"] == [host]
    return True


def head_of(target: str, lines: list[str]) -> bytes:
    return "\r\n".join([f"GET {target} HTTP/1.1", *lines, "", ""]).encode("latin-1")


heads = st.builds(
    head_of,
    st.sampled_from(TARGETS),
    st.one_of(
        st.lists(st.sampled_from(LINES), max_size=8),
        st.lists(st.sampled_from(LINES[5:15]), max_size=5).map(lambda lines: ["Host: t.test", *lines]),
    ),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A head with some bytes put in, taken out or changed."""
    data = bytearray(draw(heads))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data) - 1))
        odd = draw(st.sampled_from(ODD_BYTES) | st.integers(0, 255))
        how = draw(st.sampled_from(["put in", "take out", "change"]))
        data[at : at + (how != "put in")] = b"" if how == "take out" else bytes((odd,))
        if not data:
            break
    return bytes(data)


@given(data=st.one_of(heads, mutated(), st.tuples(heads, mutated()).map(b"".join)))
@example(data=request("/spring") + b"\n")
@example(data=request("/spring") + request("/spring"))
def test_whatever_the_strict_look_takes_the_parser_reads_alike(data: bytes) -> None:
    assert assert_parsed_alike(data, PlainGets()) == assert_parsed_alike(data, REMEMBERS)


@given(data=st.binary(max_size=200).map(lambda rest: b"GET /" + rest + b" HTTP/1.1\r\nHost: t\r\n\r\n"))
def test_no_target_is_taken_that_the_parser_refuses(data: bytes) -> None:
    assert_parsed_alike(data, REMEMBERS)


def test_the_visits_of_phones_are_taken_nearly_all() -> None:
    taken = [visit.name for visit in CORPUS if assert_parsed_alike(visit.raw, REMEMBERS)]
    assert len(taken) > 0.9 * len(CORPUS)


def test_every_byte_is_refused_where_it_has_no_place() -> None:
    raw = request("/spring?ad_id=7")
    for at in (0, 3, 4, raw.index(b" HTTP"), raw.index(b" HTTP") + 8, raw.index(b"\r\n"), raw.index(b"Host") + 4):
        for byte in b"\r\n\x00\x7f\x80":
            assert not assert_parsed_alike(raw[:at] + bytes((byte,)) + raw[at:], PlainGets())


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 0"], ["Content-Length: 5"], ["content-LENGTH:5"], ["Transfer-Encoding: chunked"],
        ["Upgrade: h2c"], ["Connection: close"], ["Connection: keep-alive, close"],
        ["Connection: Upgrade", "Upgrade: websocket"],
        ["Proxy-Connection: close"], ["Expect: 100-continue"], ["TE: trailers"], ["Trailer: x"], ["Host: t.test"],
        ["Host: other"], ["X: a", " folded"], ["X: a", "\tfolded"], ["X : a"], ["X"], [": a"], ["X:  a"], ["X: a "],
        ["X:"], ["X: \x80"], ["X: a\nY: b"], ["X: a\rY: b"], ["X: \x00"], ["X-Forwarded-For: 1.2.3.4\rX: y"],
        ["X-Forwarded-For: \r"], ["X-Forwarded-For:  1.2.3.4"],
    ],
    ids=repr,
)  # fmt: skip
def test_a_header_that_frames_closes_or_can_be_read_in_two_ways_is_the_parsers(lines: list[str]) -> None:
    raw = request("/spring", *lines)
    assert PlainGets().read(raw) is None
    assert REMEMBERS.read(raw) is None


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(request("/spring", method="HEAD"), id="HEAD"),
        pytest.param(request("/spring").replace(b"1.1", b"1.0"), id="HTTP/1.0"),
        pytest.param(request("http://t.test/spring"), id="absolute"),
        pytest.param(request("/spring#x"), id="fragment"),
        pytest.param(request("/spring?ä".encode()), id="not ASCII"),
        pytest.param(request("/spring")[:-2], id="not whole"),
        pytest.param(request("/spring")[:-4] + b"\n\n", id="bare line feeds"),
        pytest.param(b"\r\n" + request("/spring"), id="a line before"),
        pytest.param(request("/spring") + b"x", id="something behind"),
        pytest.param(b"GET /spring HTTP/1.1\r\n\r\n", id="no Host"),
        pytest.param(request("/spring?" + "a" * plain_get.MAX_HEAD_BYTES), id="long"),
        pytest.param(request("/spring", *["X: y"] * MAX_HEADERS), id="many headers"),
    ],
)
def test_anything_but_one_whole_plain_get_is_the_parsers(raw: bytes) -> None:
    assert PlainGets().read(raw) is None


def test_headers_of_one_name_are_read_as_the_parsers_are() -> None:
    lines = ["Cookie: a=b", "cookie: c=d", "X-Forwarded-For: 1.2.3.4", "x-forwarded-for: 5.6.7.8", "Purpose: Prefetch"]
    plain = PlainGets().read(request("/spring?x", *lines, user_agent="Phone"))
    assert plain == (b"/spring", b"x", b"t.test", SeenHeaders(b"Phone", b"", b"a=b; c=d", b"1.2.3.4,5.6.7.8", True))


def test_lines_that_differ_from_visitor_to_visitor_are_not_remembered() -> None:
    gets = PlainGets()
    for number in range(50):
        gets.read(
            request("/spring", f"Cookie: a={number}", f"X-Forwarded-For: 203.0.113.{number}", f"Accept: {'a' * 1_030}")
        )
    assert len(gets) == 2  # Host and User-Agent


def test_what_is_remembered_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_get, "MAX_REMEMBERED", 10)
    gets = PlainGets()
    for number in range(100):
        assert gets.read(request("/spring", f"X: {number}")) is not None
        assert len(gets) <= 10
