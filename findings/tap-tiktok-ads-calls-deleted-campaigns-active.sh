#!/usr/bin/env bash
# tap-tiktok-ads 1.2.1 (Singer's), told of two ad accounts and to include what was deleted: of the first account all is as
# one expects. The filter "deleted ones only", set for its second question, stays for every account after it. So of the
# second account no living campaign comes at all, and its deleted ones come twice, the first time as ACTIVE. Names and ids of
# campaigns that spend money are missing wherever spend is joined with them. Ad groups and ads are read alike. The way
# out: one account a configuration.
#
# Seen:
#   account 1: living-1 ACTIVE, deleted-1 DELETE
#   account 2: deleted-2 ACTIVE, deleted-2 DELETE
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check tap-tiktok-ads==1.2.1
"$folder/venv/bin/python" - >"$folder/records" <<'PYTHON'
from singer.catalog import CatalogEntry
from singer.metadata import get_standard_metadata, to_list, to_map, write
from singer.schema import Schema
from tap_tiktok_ads.streams import Campaigns


class Client:
    """Stands in for TikTok: each account has one campaign that lives and one that was deleted."""

    def get(self, path, headers, params):
        kind = "deleted" if "STATUS_DELETE" in params.get("filtering", "") else "living"
        row = {
            "campaign_id": f"{kind}-{params['advertiser_id']}",
            "advertiser_id": params["advertiser_id"],
            "create_time": "2026-03-01 00:00:00",
            "modify_time": "2026-03-01 00:00:00",
        }
        return {"message": "OK", "data": {"page_info": {"total_number": 1}, "list": [row]}}


text = {"type": ["null", "string"]}
fields = ("campaign_id", "advertiser_id", "modify_time", "current_status")
schema = {"type": "object", "properties": {field: text for field in fields}}
selected = to_map(get_standard_metadata(schema, "campaigns", ["campaign_id"]))
for field in fields:
    selected = write(selected, ("properties", field), "selected", True)
selected = write(selected, (), "selected", True)
stream = CatalogEntry(tap_stream_id="campaigns", schema=Schema.from_dict(schema), metadata=to_list(selected))
config = {"access_token": "of nobody", "start_date": "2026-01-01T00:00:00Z", "include_deleted": "true"}
Campaigns(Client(), config | {"accounts": ["1", "2"]}, {}).do_sync(stream)
PYTHON
"$folder/venv/bin/python" - "$folder/records" <<'PYTHON'
import json
import sys

rows = [json.loads(line) for line in open(sys.argv[1])]
records = [row["record"] for row in rows if row["type"] == "RECORD"]
seen = {
    account: ", ".join(f"{r['campaign_id']} {r['current_status']}" for r in records if r["advertiser_id"] == account)
    for account in ("1", "2")
}
for account, campaigns in seen.items():
    print(f"account {account}: {campaigns}")
assert seen == {"1": "living-1 ACTIVE, deleted-1 DELETE", "2": "deleted-2 ACTIVE, deleted-2 DELETE"}
PYTHON
