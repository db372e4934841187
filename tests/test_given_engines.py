"""What the tests take of servers that somebody names for them, and what they refuse."""

import pytest

from stack.engines.errors import EngineError
from tests.given_engines import NEEDED, GivenPostgreSQL, GivenRedis
from tests.redis_clients import open_redis

WORKERS = "PYTEST_XDIST_WORKER_COUNT"


def test_a_redis_that_holds_anything_is_refused_and_left_as_it_is(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WORKERS, "1")
    with open_redis(redis_url) as client:
        client.set("somebody's", "1")
        with pytest.raises(EngineError, match=r"holds 1 keys.*Name an empty one"):
            GivenRedis(redis_url).take()
        assert client.get("somebody's") == b"1"


def test_a_redis_for_several_workers_is_refused(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKERS, "2")
    with pytest.raises(EngineError, match="one Redis takes one worker"):
        GivenRedis(redis_url).take()


@pytest.mark.usefixtures("own_redis")
def test_an_empty_redis_is_set_up_as_signalpost_wants_it(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKERS, "1")
    with open_redis(redis_url) as client:
        client.config_set("zset-max-listpack-value", "64")
        GivenRedis(redis_url).take()
        assert {name: client.config_get(name)[name] for name in NEEDED} == NEEDED


@pytest.mark.parametrize(
    ("given", "other"),
    [
        ("postgresql://me:p%2Fw@h:5433/postgres", "postgresql://me:p%2Fw@h:5433/mine?sslmode=prefer"),
        ("postgresql://me@h/start?sslmode=require", "postgresql://me@h/mine?sslmode=require"),
        ("postgresql://me@/start?host=/run/pg", "postgresql://me@/mine?host=/run/pg"),
    ],
)
def test_another_database_of_the_same_server(given: str, other: str) -> None:
    assert GivenPostgreSQL(given).database_url("mine") == other
