import pytest

from loadtests.stored_clicks import read_stored_clicks
from tests.redis_clients import open_redis


@pytest.fixture(params=["redis_url", "cluster_url"])
def store_url(request: pytest.FixtureRequest) -> str:
    """One server, then a cluster."""
    return str(request.getfixturevalue(request.param))


def test_every_member_of_every_click_key_is_counted_and_nothing_else(store_url: str) -> None:
    with open_redis(store_url) as client:
        for address in range(3000):
            client.zadd(f"c:{address}", {f"click {address}-{number}": number for number in range(1 + address % 2)})
        client.hset("{counts}", "x", 1)
        client.zadd("other", {"x": 1})
    stored = read_stored_clicks(store_url)
    assert (stored.clicks, stored.addresses) == (4500, 3000)
    assert stored.used_memory > 4500 * 10


def test_an_empty_store_has_no_clicks(store_url: str) -> None:
    stored = read_stored_clicks(store_url)
    assert (stored.clicks, stored.addresses) == (0, 0)


def test_a_cluster_may_be_named_by_several_nodes(cluster_url: str) -> None:
    assert read_stored_clicks(f"{cluster_url},127.0.0.1:1").clicks == 0
