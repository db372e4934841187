"""Doctor looks at every primary of a cluster: one that is set up wrongly loses its share of the clicks."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.cluster import RedisCluster

from admin.check import Check
from admin.redis_checks import check_redis
from config.settings import Settings
from tests.redis_clients import open_redis

pytestmark = pytest.mark.anyio

# what a row is about -> the setting, a wrong value of it, and what the tests' nodes have
WRONG = {
    "maxmemory-policy": ("maxmemory-policy", "allkeys-lru", "noeviction"),
    "zset-max-listpack-value": ("zset-max-listpack-value", "64", "1024"),
    "writes": ("maxmemory", "1mb", "0"),
}


@pytest.fixture
def client(cluster_url: str) -> Iterator[RedisCluster]:
    with open_redis(cluster_url) as opened:
        yield opened


async def checks(cluster_url: str, data_dir: Path) -> dict[str, Check]:
    settings = Settings(redis_url=cluster_url, data_dir=data_dir)
    return {check.name: check for check in (await check_redis(settings)).checks}


async def test_a_cluster_has_one_row_of_each_kind(cluster_url: str, data_dir: Path) -> None:
    report = await check_redis(Settings(redis_url=cluster_url, data_dir=data_dir))
    names = [check.name for check in report.checks]
    assert names == [
        "redis", "redis writes", "redis maxmemory-policy", "redis appendonly", "redis zset-max-listpack-value",
        "redis clock",
    ]  # fmt: skip
    assert "," not in report.engine["version"]  # all of one


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize("name", ["maxmemory-policy", "zset-max-listpack-value", "writes"])
async def test_one_node_of_a_cluster_that_is_set_up_wrongly_is_named(
    cluster_url: str, data_dir: Path, client: RedisCluster, at: int, name: str
) -> None:
    node = client.get_primaries()[at]
    setting, wrong, right = WRONG[name]
    assert (await checks(cluster_url, data_dir))[f"redis {name}"].ok
    client.config_set(setting, wrong, target_nodes=node)
    try:
        row = (await checks(cluster_url, data_dir))[f"redis {name}"]
    finally:
        client.config_set(setting, right, target_nodes=node)
    assert not row.ok
    assert row.detail.startswith(f"{node.name}: ")
    assert row.fix
