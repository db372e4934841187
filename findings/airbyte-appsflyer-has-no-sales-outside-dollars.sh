#!/usr/bin/env bash
# airbyte-source-appsflyer 0.3.3 (Airbyte's): of the in-app events of the aggregated reports it reads the column "(Sales in
# USD)". AppsFlyer names the currency of the app there, "(Sales in EUR)" for an app that is kept in euros. Of such an app all
# comes, people and counts of each event, and its sales are null: every campaign seems to earn nothing. Nothing is logged.
# For raw data the same connector asks for the app's currency. The way out: sums from the raw in-app events.
#
# Seen:
#   USD: af_purchase unique users 4, counter 5, sales 100.0; af_subscribe unique users 2, counter 2, sales 19.98
#   EUR: af_purchase unique users 4, counter 5, sales None; af_subscribe unique users 2, counter 2, sales None
#   JPY: af_purchase unique users 4, counter 5, sales None; af_subscribe unique users 2, counter 2, sales None
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check airbyte-source-appsflyer==0.3.3 airbyte-cdk==7.39.1
"$folder/venv/bin/python" - <<'PYTHON'
from io import BytesIO

import pendulum
import requests
from source_appsflyer.source import GeoEventsReport, PartnersEventsReport

EVENTS = {"af_purchase": "4,5,100.0", "af_subscribe": "2,2,19.98"}
day = pendulum.parse("2026-03-01")
for currency in ("USD", "EUR", "JPY"):
    columns = [f"{name} ({what})" for name in EVENTS for what in ("Unique users", "Event counter", f"Sales in {currency}")]
    header = ",".join(["Date", "Country", "Agency/PMD (af_prt)", "Media Source (pid)", "Campaign (c)", *columns])
    row = ",".join(["2026-03-01", "DE", "", "bytedanceglobal_int", "Spring", *EVENTS.values()])
    for report in (PartnersEventsReport, GeoEventsReport):
        stream = report(
            app_id="id1", api_token="of nobody", timezone="UTC", authenticator=None, start_date=day, end_date=day
        )
        answer = requests.Response()
        answer.status_code, answer.raw = 200, BytesIO(f"{header}\n{row}\n".encode())
        found = {event["event_name"]: event for event in stream.parse_response(answer)}
        assert [(name, event["event_unique_users"]) for name, event in found.items()] == [
            ("af_purchase", "4"),
            ("af_subscribe", "2"),
        ]
        for name, values in EVENTS.items():
            assert found[name]["event_counter"] == values.split(",")[1]
            assert found[name]["event_sales"] == (values.split(",")[2] if currency == "USD" else None)
    text = "; ".join(
        f"{name} unique users {event['event_unique_users']}, counter {event['event_counter']}, sales {event['event_sales']}"
        for name, event in found.items()
    )
    print(f"{currency}: {text}")
PYTHON
