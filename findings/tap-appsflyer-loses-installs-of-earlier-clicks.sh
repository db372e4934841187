#!/usr/bin/env bash
# tap-appsflyer 1.0.0 (Singer's): it remembers how far it came with installs by the time of the click, and keeps of the next
# load only what was clicked after that. AppsFlyer gives out installs by the time of the install. So an install is lost for
# good whose click is older than the newest click already loaded: of every ad those people who took a day to install, and
# the more the oftener one loads. The first load drops whoever had clicked before `start_date`. No line of the log says so,
# and AppsFlyer had sent the row. Organic installs, remembered by the time of the install, are complete. The way out: a
# state and a `start_date` set back by the length of the attribution window before each load.
#
# Seen:
#   load 1, of days 1 to 3: AppsFlyer sent early, same-day; written early, same-day
#   load 2, of days 3 to 6: AppsFlyer sent same-day, next-day, late; written same-day, late
#   in neither: next-day, clicked on day 2 and installed on day 4
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tap-appsflyer==1.0.0 singer-python==6.1.0
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import contextlib
import csv
import io
import json
import logging
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from singer import Catalog
from tap_appsflyer.client import Client
from tap_appsflyer.discover import discover
from tap_appsflyer.streams.abstracts import fieldnames
from tap_appsflyer.sync import sync

logging.disable(logging.CRITICAL)
DAY_1 = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=20)
PEOPLE = {"early": (1, 1), "same-day": (3, 3), "next-day": (2, 4), "late": (5, 5)}  # day of the click, of the install
sent = []
today = 0


def moment(day, hour):
    return (DAY_1 + timedelta(days=day - 1, hours=hour)).strftime("%Y-%m-%d %H:%M:%S")


class AppsFlyer(BaseHTTPRequestHandler):
    """Stands in for AppsFlyer: the installs that were made in the range asked for, and by now."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        rows = csv.DictWriter(body := io.StringIO(), fieldnames)
        rows.writeheader()
        for person, (clicked, installed) in PEOPLE.items():
            if query["from"][0] <= moment(installed, 12) <= query["to"][0] and installed <= today:
                sent.append(person)
                times = {"attributed_touch_time": moment(clicked, 9), "install_time": moment(installed, 12)}
                who = {"event_name": "install", "appsflyer_id": person, "event_time": moment(installed, 12)}
                rows.writerow(dict.fromkeys(fieldnames, "") | who | times)
        answer = body.getvalue().encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), AppsFlyer)
Thread(target=server.serve_forever, daemon=True).start()
catalog = discover().to_dict()
for stream in catalog["streams"]:
    for field in stream["metadata"]:
        field["metadata"]["selected"] = stream["tap_stream_id"] == "installs"
config = {"app_id": "com.example.app", "api_token": "of nobody", "start_date": DAY_1.strftime("%Y-%m-%dT%H:%M:%SZ")}
client = Client(config)
client.base_url = f"http://127.0.0.1:{server.server_port}"
state = {}
all_written = set()
LOADS = ((3, "1 to 3", "early, same-day", "early, same-day"), (6, "3 to 6", "same-day, next-day, late", "same-day, late"))
for load, (today, days, expected_sent, expected_written) in enumerate(LOADS, 1):
    sent.clear()
    with contextlib.redirect_stdout(io.StringIO()) as messages:
        sync(client, config, Catalog.from_dict(catalog), state)
    lines = [json.loads(line) for line in messages.getvalue().splitlines()]
    written = [line["record"]["appsflyer_id"] for line in lines if line["type"] == "RECORD"]
    all_written.update(written)
    print(f"load {load}, of days {days}: AppsFlyer sent {', '.join(sent)}; written {', '.join(written)}")
    assert (", ".join(sent), ", ".join(written)) == (expected_sent, expected_written)
lost = set(PEOPLE) - all_written
assert lost == {"next-day"}
print("in neither: next-day, clicked on day {} and installed on day {}".format(*PEOPLE["next-day"]))
PYTHON
