#!/usr/bin/env bash
# tap-snapchat-ads 0.2.0 (Singer's): Snap's figures of a past day still grow, by conversions that are reported late. The tap
# reckons with it and asks at each load for all days of the attribution window again, 28 by default. What comes it then
# compares with how far it had got, and writes only the days from there on. So of a day nothing is kept that came after the
# following load: purchases, installs and their value stay too low for good, beside a spend that is complete. All days were
# asked for and sent, so that the log looks right. The way out: a state set back by 28 days before each load.
#
# Seen, of a campaign whose days had 1 purchase each at first and have 5 each five days later:
#   load 1: asks for the last 28 days, is sent 15 purchases; writes 15 days, purchases 15
#   load 2: asks for the last 28 days, is sent 100 purchases; writes 6 days, purchases 30
#   after it: 44 purchases of 20 days, at Snap 100
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tap-snapchat-ads==0.2.0
"$folder/venv/bin/python" - <<'PYTHON'
import collections.abc
import contextlib
import io
import json
import logging
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

# a package that it needs looks for these where they stood before Python 3.10
for name in ("Iterable", "Mapping", "MutableMapping", "Sequence"):
    setattr(collections, name, getattr(collections.abc, name))
from tap_snapchat_ads.discover import discover
from tap_snapchat_ads.sync import sync

logging.disable(logging.CRITICAL)
FORMAT = "%Y-%m-%dT%H:%M:%SZ"
today = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
start = today - timedelta(days=19)  # of the campaign: 20 days with today
asked, sent = [], []
purchases = 0
until = today  # the end of the last day that Snap has
OBJECTS = {"organizations": "organization", "ad_accounts": "adaccount", "campaigns": "campaign"}


def moment(text):
    return datetime.strptime(text, FORMAT).replace(tzinfo=timezone.utc)


class Client:
    """Stands in for Snap: one organisation, one account in UTC, one campaign with as many purchases each day."""

    base_url = "https://snap.invalid/v1"

    def get(self, url, endpoint):
        if endpoint in OBJECTS:
            kind = OBJECTS[endpoint]
            thing = {"id": f"{kind}-1", "timezone": "UTC", "updated_at": "2026-01-01T00:00:00Z"}
            return {"request_status": "SUCCESS", f"{kind}s": [{"sub_request_status": "SUCCESS", kind: thing}]}
        query = parse_qs(urlsplit(url).query)
        day, end = (moment(query[name][0]) for name in ("start_time", "end_time"))
        asked.append(day)
        day, days = max(day, start), []
        while day < min(end, until):
            after = day + timedelta(days=1)
            stats = {"conversion_purchases": purchases, "spend": 1_000_000}
            days.append({"start_time": day.strftime(FORMAT), "end_time": after.strftime(FORMAT), "stats": stats})
            day = after
        sent.append(purchases * len(days))
        campaign = {"id": "campaign-1", "type": "CAMPAIGN", "granularity": "DAY", "timeseries": days}
        row = {"sub_request_status": "SUCCESS", "timeseries_stat": campaign}
        return {"request_status": "SUCCESS", "timeseries_stats": [row]}


catalog = discover()
for stream in catalog.streams:
    for field in stream.metadata:
        field["metadata"]["selected"] = stream.tap_stream_id == "campaign_stats_daily"
state, warehouse = {}, {}
LOADS = ((1, 1, today - timedelta(days=4), (15, 15, 15)), (2, 5, today + timedelta(days=1), (100, 6, 30)))
for load, purchases, until, expected in LOADS:
    asked.clear()
    sent.clear()
    with contextlib.redirect_stdout(io.StringIO()) as messages:
        sync(Client(), {"start_date": start.strftime(FORMAT)}, catalog, state)
    lines = [json.loads(line) for line in messages.getvalue().splitlines()]
    days = {line["record"]["start_time"][:10]: line["record"] for line in lines if line["type"] == "RECORD"}
    warehouse.update(days)
    total = sum(day["conversion_purchases"] for day in days.values())
    back = (today - asked[0]).days
    what = f"is sent {sum(sent)} purchases; writes {len(days)} days, purchases {total}"
    print(f"load {load}: asks for the last {back} days, {what}")
    assert (back, sum(sent), len(days), total) == (28, *expected)
kept = sum(day["conversion_purchases"] for day in warehouse.values())
print(f"after it: {kept} purchases of {len(warehouse)} days, at Snap {sum(sent)}")
assert (kept, len(warehouse), sum(sent)) == (44, 20, 100)
PYTHON
