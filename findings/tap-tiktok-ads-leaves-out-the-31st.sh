#!/usr/bin/env bash
# tap-tiktok-ads 1.2.1 (Singer's, spend and results of TikTok ads for a data warehouse): it asks for 30 days at a time, and
# what is left after whole pieces of 30 days is asked for only where more than one day is left. A month of 31 days comes
# without its 31st, one of 30 or 28 whole; a single day comes with nothing at all. No error says so, and `end_date` is
# otherwise the last day that comes. The way out: an `end_date` with a time of that day, 23:59:59, but for a single day.
#
# Seen:
#   2026-01-01 to 2026-01-31: asks for 2026-01-01..2026-01-30
#   2026-02-01 to 2026-02-28: asks for 2026-02-01..2026-02-28
#   2026-04-01 to 2026-04-30: asks for 2026-04-01..2026-04-30
#   2026-01-01 to 2026-03-02: asks for 2026-01-01..2026-01-30 2026-01-31..2026-03-01
#   2026-05-05 to 2026-05-05: asks for nothing
#   2026-01-01 to 2026-01-31T23:59:59Z: asks for 2026-01-01..2026-01-30 2026-01-31..2026-01-31
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tap-tiktok-ads==1.2.1
"$folder/venv/bin/python" - <<'PYTHON'
from types import SimpleNamespace

from tap_tiktok_ads.streams import AdInsights


class Client:
    """Stands in for the connection to TikTok: keeps the days that are asked for, and has no rows."""

    def __init__(self):
        self.asked = []

    def get(self, path, headers, params):
        self.asked.append(f"{params['start_date']}..{params['end_date']}")
        return {"message": "OK", "data": {"page_info": {"total_number": 0}, "list": []}}


CASES = (
    ("2026-01-01", "2026-01-31", "2026-01-01..2026-01-30"),
    ("2026-02-01", "2026-02-28", "2026-02-01..2026-02-28"),
    ("2026-04-01", "2026-04-30", "2026-04-01..2026-04-30"),
    ("2026-01-01", "2026-03-02", "2026-01-01..2026-01-30 2026-01-31..2026-03-01"),
    ("2026-05-05", "2026-05-05", ""),
    ("2026-01-01", "2026-01-31T23:59:59Z", "2026-01-01..2026-01-30 2026-01-31..2026-01-31"),
)
for start, end, expected in CASES:
    client = Client()
    dates = {"start_date": f"{start}T00:00:00Z", "end_date": end if "T" in end else f"{end}T00:00:00Z"}
    stream = AdInsights(client, {"access_token": "of nobody", "accounts": ["7000000000000000001"], **dates}, {})
    stream.do_sync(SimpleNamespace(tap_stream_id="ad_insights"))
    asked = " ".join(client.asked)
    print(f"{start} to {end}: asks for {asked or 'nothing'}")
    assert asked == expected
PYTHON
