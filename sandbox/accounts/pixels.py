"""`/pixel/list/` and `/pixel/event/stats/`."""

from collections import Counter
from datetime import UTC, date, datetime
from typing import Any

from sandbox.accounts.endpoint import Data
from sandbox.accounts.event_metrics import CUSTOM, STANDARD
from sandbox.accounts.holding import Holding
from sandbox.accounts.parameters import MISSING, Parameters, page_of
from sandbox.accounts.permission import advertiser, granted
from sandbox.accounts.records import Pixel
from sandbox.calls import Call
from sandbox.codes import Code
from sandbox.memory import Memory
from sandbox.refusals import Refusal

PAGE_SIZE = 20
STATS_IDS = 10
STATS_DAYS = 30
_ORDERS = ("EARLIEST_CREATE", "LATEST_CREATE")


def pixel_list(call: Call, memory: Memory) -> Data:
    """Under `pixels`, not `list`; `code` and `pixel_id` find one, `name` what contains it."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    holding = advertiser(parameters, grant, memory)
    page = page_of(parameters, PAGE_SIZE)
    latest_first = parameters.one_of("order_by", _ORDERS, "LATEST_CREATE") == "LATEST_CREATE"
    code, pixel_id, name = parameters.text("code"), parameters.text("pixel_id"), parameters.text("name")
    found = [
        pixel
        for pixel in memory.accounts.pixels_of(holding.record.advertiser_id)
        if code in {"", pixel.pixel_code}
        and pixel_id in {"", pixel.pixel_id}
        and name.lower() in pixel.pixel_name.lower()
    ]
    found.sort(key=lambda pixel: (pixel.create_time, pixel.pixel_id), reverse=latest_first)
    rows = [_row(pixel, holding, memory) for pixel in found]
    listed, info = page.of(rows)
    return {"pixels": listed, "page_info": info}


def event_stats(call: Call, memory: Memory) -> Data:
    """Events taken per pixel and kind, in days of UTC."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    holding = advertiser(parameters, grant, memory)
    ids = parameters.required_texts("pixel_ids", STATS_IDS)
    first, last = _date_range(parameters)
    known = {pixel.pixel_id: pixel for pixel in memory.accounts.pixels_of(holding.record.advertiser_id)}
    for pixel_id in ids:
        if pixel_id not in known:
            raise Refusal(f"No permission to operate pixel {pixel_id}.", Code.PERMISSION_ERROR)
    rows = [{"pixel_id": pixel_id, "statistics": _statistics(known[pixel_id], memory, first, last)} for pixel_id in ids]
    return {"list": rows}


def _row(pixel: Pixel, holding: Holding, memory: Memory) -> dict[str, Any]:
    own = pixel in holding.record.pixels
    relation = pixel.asset_relation_status or (None if own else "SHARED")
    return {
        "pixel_id": pixel.pixel_id,
        "pixel_code": pixel.pixel_code,
        "pixel_name": pixel.pixel_name,
        "pixel_category": "ONLINE_STORE",
        "pixel_setup_mode": "DEVELOPER",
        "create_time": pixel.create_time,
        "partner_name": None,
        "advanced_matching_fields": {"email": True, "phone_number": True},
        "asset_ownership": {
            "asset_relation_status": relation,
            "ownership_status": own,
            "owner_bc_id": memory.accounts.owner_of(holding.record.advertiser_id),
        },
        "events": list(pixel.events) if pixel.events is not None else _standard_events(),
        **pixel.more,
    }


def _standard_events() -> list[dict[str, Any]]:
    """As seen live, a page view has no optimisation event and no id."""
    page_view = {"name": "Page view", "event_type": "PAGE_VIEW", "optimization_event": None, "event_id": "0"}
    kinds = {metrics.code: name for name, metrics in reversed(STANDARD.items())}
    return [
        page_view,
        *(
            {"name": name, "event_type": code, "optimization_event": code, "event_id": str(7_000_000_000 + index)}
            for index, (code, name) in enumerate(kinds.items())
        ),
    ]


def _date_range(parameters: Parameters) -> tuple[str, str]:
    asked = parameters.json("date_range")
    if not isinstance(asked, dict):
        raise Refusal(MISSING).within("date_range")
    dates: list[date] = []
    for name in ("start_date", "end_date"):
        try:
            dates.append(date.fromisoformat(asked.get(name, "")))
        except (TypeError, ValueError):
            raise Refusal("Not a valid date.").within(name).within("date_range") from None
    if not 0 <= (dates[1] - dates[0]).days < STATS_DAYS:
        raise Refusal(f"max time span is {STATS_DAYS} days.").within("date_range")
    return dates[0].isoformat(), dates[1].isoformat()


def _statistics(pixel: Pixel, memory: Memory, first: str, last: str) -> list[dict[str, Any]]:
    counts: Counter[tuple[str, str]] = Counter()
    attributed: Counter[tuple[str, str]] = Counter()
    for event in memory.event_log.of(pixel.pixel_code):
        if first <= datetime.fromtimestamp(event.at, UTC).date().isoformat() <= last:
            kind = (
                ("custom_event_type", event.name)
                if event.metrics is CUSTOM
                else ("pixel_event_type", event.metrics.code)
            )
            counts[kind] += 1
            attributed[kind] += bool(event.ttclid)
    return [
        {
            field: name,
            "total_count": count,
            "browser_event_total_count": 0,
            "server_event_total_count": count,
            "attributed_count": attributed[field, name],
            "preview_count": 0,
        }
        for (field, name), count in sorted(counts.items())
    ]
