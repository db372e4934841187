#!/usr/bin/env bash
# airbyte-source-appsflyer 0.3.3 (Airbyte's): it asks for the daily reports in pieces of 60 days, and each piece begins with
# the day that the one before ended with. AppsFlyer answers both days of a range, as where the connector asks for a single
# day. So whoever starts more than 60 days back has one day twice: its installs, clicks and cost are doubled. The streams
# have no primary key that would take one of the two rows away. It depends on the day of the start which day it is, so that
# two loads of one month differ. The way out: a start less than 60 days back, or only the latest of equal rows.
#
# Seen, of 10 installs a day:
#   2026-01-01 to 2026-02-28: asks for 2026-01-01..2026-02-28; 59 days, 590 installs
#   2026-01-01 to 2026-03-02: asks for 2026-01-01..2026-03-02 2026-03-02..2026-03-02; 61 days, 620 installs, twice 2026-03-02
#   2026-01-01 to 2026-03-31: asks for 2026-01-01..2026-03-02 2026-03-02..2026-03-31; 90 days, 910 installs, twice 2026-03-02
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check airbyte-source-appsflyer==0.3.3 airbyte-cdk==7.39.1
"$folder/venv/bin/python" - <<'PYTHON'
from collections import Counter
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pendulum
from airbyte_cdk.models import SyncMode
from source_appsflyer.source import AppsflyerStream, DailyReport

asked = []


class AppsFlyer(BaseHTTPRequestHandler):
    """Stands in for AppsFlyer: one row a day, from the first day asked for to the last."""

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        first, last = query["from"][0], query["to"][0]
        asked.append(f"{first}..{last}")
        rows = ["Date,Media Source (pid),Campaign (c),Installs"]
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            rows.append(f"{day},bytedanceglobal_int,Spring,10")
            day += timedelta(days=1)
        body = "\n".join(rows).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), AppsFlyer)
Thread(target=server.serve_forever, daemon=True).start()
AppsflyerStream.url_base = f"http://127.0.0.1:{server.server_port}/"
CASES = (
    ("2026-01-01", "2026-02-28", "2026-01-01..2026-02-28", 59, 590, []),
    ("2026-01-01", "2026-03-02", "2026-01-01..2026-03-02 2026-03-02..2026-03-02", 61, 620, ["2026-03-02"]),
    ("2026-01-01", "2026-03-31", "2026-01-01..2026-03-02 2026-03-02..2026-03-31", 90, 910, ["2026-03-02"]),
)
for start, end, pieces, days, total, doubled in CASES:
    asked.clear()
    dates = {"start_date": pendulum.parse(start), "end_date": pendulum.parse(end)}
    stream = DailyReport(app_id="id1", api_token="of nobody", timezone="UTC", authenticator=None, **dates)
    records = [
        dict(record)
        for piece in stream.stream_slices(sync_mode=SyncMode.full_refresh)
        for record in stream.read_records(sync_mode=SyncMode.full_refresh, stream_slice=piece)
    ]
    seen = Counter(record["date"] for record in records)
    installs = sum(int(record["installs"]) for record in records)
    twice = [day for day, count in seen.items() if count == 2]
    words = f", twice {', '.join(twice)}" if twice else ""
    print(f"{start} to {end}: asks for {' '.join(asked)}; {len(seen)} days, {installs} installs{words}")
    assert (" ".join(asked), len(seen), installs, twice) == (pieces, days, total, doubled)
    assert stream.primary_key is None
PYTHON
