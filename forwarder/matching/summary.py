"""The statistics in numbers that people read: shares, times, reliability."""

from typing import Any

from forwarder.matching import calibration, hazard
from forwarder.matching.estimates import Estimates
from forwarder.matching.play_referrer import KINDS
from forwarder.matching.referrer_rates import PROVES_NOTHING
from forwarder.matching.statistics import TRIED, Learned, Statistics

TOP = 8  # values shown of each group
DIGITS = 4


def summary(statistics: Statistics, app_id: str) -> dict[str, Any]:
    """What the installs of an app (`""` = of every app) have taught, and what a match is expected to find by it."""
    learned = statistics.of(app_id) if app_id else statistics.whole
    estimates = Estimates(statistics, app_id)
    return {
        "app_id": app_id or None,
        "installs": learned.installs,
        "platforms": {platform: _platform(learned, estimates, platform) for platform in ("ios", "android")},
        "click_to_install": _click_to_install(learned),
        "devices_behind_an_address": {
            family: [round(estimates.accidental_devices(family, others), DIGITS) for others in range(6)]
            for family in ("v4", "v6")
        },
        "referrers": _referrers(learned, estimates),
        "reliability": {table: _reliability(learned, statistics, app_id, table) for table in TRIED},
        "values": {group: _values(learned, group) for group in sorted(learned.values)},
    }


def _platform(learned: Learned, estimates: Estimates, platform: str) -> dict[str, Any]:
    outcomes = learned.outcomes.get(platform)
    odds = estimates.odds(platform)
    return {
        "explained_by_clicks": round(outcomes.explained, 1) if outcomes is not None else 0.0,
        "others": round(outcomes.others, 1) if outcomes is not None else 0.0,
        "expected_share_of_ad_installs": round(odds / (1 + odds), DIGITS),
    }


def _referrers(learned: Learned, estimates: Estimates) -> list[dict[str, Any]]:
    """Of Android installs by what Play's referrer says: how many, and what it makes of a candidate's odds."""
    rates = learned.referrers
    return [
        {
            "referrer": kind,
            "installs": round(rates.explained.get(kind, 0.0) + rates.others.get(kind, 0.0)),
            "explained_by_clicks": round(rates.explained.get(kind, 0.0), 1),
            "factor": _rounded(estimates.referrer_factor(kind)) if kind in PROVES_NOTHING else None,
        }
        for kind in KINDS
    ]


def _click_to_install(learned: Learned) -> list[dict[str, Any]]:
    total = sum(learned.click_to_install)
    return [
        {"until_s": until, "installs": round(count, 1), "share": round(count / total, DIGITS) if total else None}
        for until, count in zip((*hazard.EDGES_S, None), learned.click_to_install, strict=True)
    ]


def _reliability(learned: Learned, statistics: Statistics, app_id: str, table: str) -> list[dict[str, Any]]:
    points = statistics.curve(app_id, table)
    rows = []
    for low, high, one in zip((0.0, *calibration.EDGES), (*calibration.EDGES, 1.0), learned.trials[table], strict=True):
        predicted = one.predicted / one.answers if one.answers else None
        rows.append(
            {
                "from": low,
                "to": high,
                "answers": round(one.answers),
                "predicted": _rounded(predicted),
                "observed": _rounded(one.right / one.answers if one.answers else None),
                "given_out_as": _rounded(calibration.calibrate(predicted, points) if predicted is not None else None),
            }
        )
    return rows


def _values(learned: Learned, group: str) -> list[dict[str, Any]]:
    known = learned.values[group]
    commonest = sorted(known.counts.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    return [{"value": value, "share": round(count / known.total, DIGITS)} for value, count in commonest]


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DIGITS)
