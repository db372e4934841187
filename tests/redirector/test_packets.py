"""Whatever is sent, cut into packets anywhere: with and without the strict look a connection does the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import uvicorn
from hypothesis import example, given
from hypothesis import strategies as st
from redis.asyncio import Redis
from uvicorn.server import ServerState

from clicks.batch import Row
from redirector.counters import Counters
from redirector.link_table import LinkTable
from redirector.pending_click import PendingClick
from redirector.protocol import SignalLinkProtocol
from redirector.state import RedirectorState
from redirector.visit_reader import VisitReader, VisitReaderSettings
from tests.redirector.serving import LINKS
from tests.redirector.test_plain_get import heads, mutated
from tests.redirector.ways import Clock, ParserWay, same_bytes
from tests.redirector.wire import request

_DATE = re.compile(rb"date: .*\r\n")
PEER, HERE = ("127.0.0.1", 50_000), ("127.0.0.1", 8000)


class Transport:
    """A client that reads all it is sent."""

    def __init__(self) -> None:
        self.written = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        assert not self.is_closed
        self.written += data

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def can_write_eof(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> Any:
        return {"peername": PEER, "sockname": HERE}.get(name)

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class AtOnce:
    """A recorder whose Redis answers at once."""

    def __init__(self) -> None:
        self.recorded: list[tuple[tuple[Row, ...], str]] = []

    def record(self, rows: tuple[Row, ...], field: str, waiter: PendingClick) -> None:
        self.recorded.append((rows, field))
        waiter.release()


class Noted:
    """Notes what is left to Starlette instead of asking it."""

    noted: list[tuple[bytes, bytes, list[tuple[bytes, bytes]]]]

    def _take_the_long_way(self: Any) -> None:
        self.noted.append((self.parser.get_method(), self.url, self.headers))
        self.cycle = self._pending  # answered, as it were
        if not self.parser.should_keep_alive():
            self.transport.close()


class WithLook(Noted, SignalLinkProtocol):
    pass


class WithoutLook(Noted, ParserWay):
    pass


@pytest.fixture(scope="module")
def config() -> uvicorn.Config:
    loaded = uvicorn.Config(Mock(), http="httptools", interface="asgi3", log_config=None)
    loaded.load()
    return loaded


def happened(way: type[SignalLinkProtocol], config: uvicorn.Config, packets: list[bytes]) -> tuple[Any, ...]:
    """What a connection of this protocol leaves behind once it was sent these packets."""
    counters, recorder = Counters(), AtOnce()
    links = LinkTable(Redis(), Path("unused"))
    links.plain = {link.slug.encode(): link for link in LINKS}
    reader = VisitReader(links, counters, VisitReaderSettings(b"k" * 32, (), "http://t.test"), Clock(), same_bytes)
    state = RedirectorState(links, reader, recorder, counters, Mock())  # type: ignore[arg-type]
    protocol: Any = way(config, ServerState(), {"redirector": state}, Mock(time=Mock(return_value=1.0)))
    protocol.noted = []
    transport = Transport()
    protocol.connection_made(transport)
    for packet in packets:
        if not transport.is_closed:  # a closed transport reads no more
            protocol.data_received(packet)
    written = _DATE.sub(b"", transport.written)  # of a refusal, which reads the clock
    return recorder.recorded, protocol.noted, written, transport.is_closed, dict(counters.refused)


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    ends = sorted({place % (len(data) + 1) for place in places} | {len(data)})
    for start, end in zip([0, *ends], ends, strict=False):
        if start < end:
            yield data[start:end]


requests = st.lists(
    st.one_of(
        heads,
        mutated(),
        st.sampled_from(
            [
                request("/spring?ad_id=7"),
                request("/spring", "Content-Length: 5") + b"GET /",
                request("/spring", "Content-Length: 33") + request("/no-ttp")[:33],
                request("/spring", "Connection: Upgrade", "Upgrade: h2c"),
                request("/spring", "Connection: close"),
                request("/unknown"),
                request("/spring", method="HEAD"),
            ]
        ),
    ),
    min_size=1,
    max_size=4,
)


@example(parts=[request("/", "Connection: close"), request("/spring?ad_id=7")], places=[], at_heads=True)
@given(parts=requests, places=st.lists(st.integers(0, 10_000), max_size=3), at_heads=st.booleans())
def test_packets_are_read_alike_with_and_without_the_strict_look(
    config: uvicorn.Config, parts: list[bytes], places: list[int], at_heads: bool
) -> None:
    packets = parts if at_heads else list(cut(b"".join(parts), places))
    packets = [packet for packet in packets if packet]
    assert happened(WithLook, config, packets) == happened(WithoutLook, config, packets)


def test_what_comes_behind_the_last_answer_of_a_connection_gets_none(config: uvicorn.Config) -> None:
    last = request("/spring", "Connection: close", "Transfer-Encoding: chunked")
    recorded, _, written, is_closed, _ = happened(WithLook, config, [last + request("/no-ttp")])
    assert (len(recorded), written.count(b"HTTP/1.1 "), is_closed) == (1, 1, True)


def test_a_head_that_is_the_body_of_the_request_before_is_no_request(config: uvicorn.Config) -> None:
    inner = request("/no-ttp")
    packets = [request("/spring", f"Content-Length: {len(inner)}"), inner, request("/spring")]
    recorded, noted, *_ = happened(WithLook, config, packets)
    assert (len(recorded), noted) == (2, [])


def test_a_head_behind_the_beginning_of_another_is_part_of_that(config: uvicorn.Config) -> None:
    recorded, *_ = happened(WithLook, config, [b"GET /spring HTTP/1.1\r\nX: y", request("/no-ttp")])
    ((_, field),) = recorded
    assert "spring" in field


def test_the_strict_look_takes_the_second_visit_of_a_connection_too(config: uvicorn.Config) -> None:
    class NoParser(WithLook):
        def on_message_begin(self) -> None:
            raise AssertionError

    recorded, *_ = happened(NoParser, config, [request("/spring"), request("/no-ttp?x")])
    assert len(recorded) == 2
