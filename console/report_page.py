"""What every page about numbers shows of its frame: the range, the columns to choose from, the app's own days."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from admin.times import named_zone
from console.call import Call
from console.numbers import Numbers
from console.report_figures import FIGURES, KEYS
from console.report_rows import Href
from console.report_view import RANGES, ReportView


def in_zone(call: Call, zone: str) -> Numbers:
    """The viewer's spelling, the report's time zone: that may be the advertiser's."""
    return replace(call.numbers(), zone=named_zone(zone))


def report_frame(call: Call, view: ReportView) -> dict[str, Any]:
    numbers = in_zone(call, view.period.zone)

    def day_text(day: date) -> str:
        return numbers.day(datetime(day.year, day.month, day.day, 12, tzinfo=numbers.zone))

    return {
        "view": view,
        "numbers": numbers,
        "ranges": RANGES,
        "day_text": day_text,
        "key_columns": KEYS,
        "figure_columns": FIGURES,
    }


def campaign_href(app_id: str, view: ReportView) -> Href:
    """A campaign leads to its ad groups."""

    def href(key: Mapping[str, Any]) -> str:
        campaign = key.get("campaign_id")
        return view.below(f"/apps/{app_id}/campaigns/{quote(campaign, safe='')}") if campaign else ""

    return href


def adgroup_href(app_id: str, view: ReportView, campaign: str) -> Href:
    """An ad group leads to its ads."""

    def href(key: Mapping[str, Any]) -> str:
        adgroup = key.get("adgroup_id")
        path = f"/apps/{app_id}/campaigns/{quote(campaign, safe='')}/{quote(adgroup or '', safe='')}"
        return view.below(path) if adgroup else ""

    return href


def no_href(_: Mapping[str, Any]) -> str:
    """What leads nowhere."""
    return ""
