import os

import pytest

from loadtests.connections import ConnectionLostError
from loadtests.contestants import bare_uvicorn
from loadtests.generator import CLICKS, EVENTS, INSTALLS, GeneratorError, Order, load, perform
from tests.loadtests.small_server import ANSWER, small_server


@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param((ANSWER,), id="one packet"),
        pytest.param((ANSWER[:9], ANSWER[9:40], ANSWER[40:]), id="three packets"),
    ],
)
def test_as_many_answers_are_counted_as_the_server_gave(pieces: tuple[bytes, ...]) -> None:
    with small_server(pieces) as server:
        result = perform(Order(port=server.port, kind=CLICKS, seconds=0.2, warm_s=0.1, connections=4, path="/demo"))
        assert result.statuses == {"302": result.sent}
        assert len(server.requests) == result.sent == result.answered >= 4


@pytest.mark.parametrize(
    ("kind", "path"), [(CLICKS, b"GET /demo?"), (INSTALLS, b"POST /v1/installs"), (EVENTS, b"POST /v1/ev")]
)
def test_the_order_names_what_is_asked_for(kind: str, path: bytes) -> None:
    with small_server() as server:
        perform(Order(port=server.port, kind=kind, seconds=0.05, warm_s=0, rate=100, connections=2, path="/demo"))
        assert all(request.startswith(path) for request in server.requests)
        assert len(server.requests) == 5


def test_a_connection_closed_instead_of_an_answer_ends_the_run() -> None:
    with small_server(hang_up_after=3) as server, pytest.raises(ConnectionLostError):
        perform(Order(port=server.port, kind=CLICKS, seconds=0.5, warm_s=0, connections=2))


def test_a_generator_process_that_fails_says_why() -> None:
    with small_server((b"no HTTP\r\n\r\n",)) as server, pytest.raises(GeneratorError, match="not an HTTP/1 answer"):
        load(Order(port=server.port, kind=CLICKS, seconds=0.2, warm_s=0, connections=1))


def test_the_bare_contestant_answers_302_to_the_generators_own_process_and_is_ended() -> None:
    with bare_uvicorn() as bare:
        result = load(Order(port=bare.port, kind=CLICKS, seconds=0.2, warm_s=0, connections=2, path=bare.path))
        os.kill(bare.pid, 0)
    assert result.statuses == {"302": result.sent}
    with pytest.raises(ProcessLookupError):
        os.kill(bare.pid, 0)
