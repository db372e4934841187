"""What uvicorn warns of at each request is said once a minute, with how often it came."""

import logging
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest
import uvicorn
from uvicorn.server import ServerState

from config.logging import configure_logging
from config.request_warnings import LOGGER, OnceAMinute
from console.protocol import ConsoleProtocol
from forwarder.intake.protocol import IntakeProtocol

INVALID = "Invalid HTTP request received."


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What a process as it is set up writes of uvicorn's."""
    logger, root = logging.getLogger(LOGGER), logging.getLogger()
    before = root.handlers, root.level, logger.filters
    configure_logging("INFO", "json", "test")
    written: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(record.getMessage())  # type: ignore[method-assign]
    root.handlers = [handler]
    yield written
    root.handlers, logger.filters = before[0], before[2]
    root.setLevel(before[1])


def receive(protocol: Any, data: bytes) -> None:
    """A connection that sends it."""
    loop, transport = Mock(), Mock()
    transport.is_closing.return_value = False
    transport.get_extra_info.return_value = None
    config = uvicorn.Config(Mock(), http="httptools", ws="none", interface="asgi3", log_config=None)
    loop.create_task = lambda coroutine: coroutine.close() or Mock()
    connection = protocol(config, ServerState(), {}, loop)
    connection.connection_made(transport)
    connection.data_received(data)


@pytest.mark.parametrize("protocol", [IntakeProtocol, ConsoleProtocol])
def test_a_flood_of_what_is_no_request_is_one_line(lines: list[str], protocol: Any) -> None:
    for _ in range(100):
        receive(protocol, b"nonsense\r\n\r\n")
    assert lines.count(INVALID) == 1


@pytest.mark.parametrize("protocol", [IntakeProtocol, ConsoleProtocol])
def test_a_flood_of_upgrades_is_a_line_of_each_warning(lines: list[str], protocol: Any) -> None:
    for _ in range(100):
        receive(protocol, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
    assert len(lines) == len(set(lines)) > 0


def test_the_next_line_after_a_minute_says_how_many_it_stands_for(caplog: pytest.LogCaptureFixture) -> None:
    moments, logger = iter((0.0, 1.0, 59.0, 60.0, 130.0)), logging.getLogger("tests.request_warnings")
    logger.addFilter(OnceAMinute(lambda: next(moments)))
    for _ in range(5):
        logger.warning(INVALID)
    said = [record.getMessage() for record in caplog.records]
    assert said == [INVALID, f"{INVALID} (3 times since this was last said)", INVALID]


def test_other_lines_are_all_said(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("tests.request_warnings.others")
    logger.addFilter(OnceAMinute())
    for _ in range(2):
        logger.error("Exception in ASGI application")
    assert len(caplog.records) == 2
