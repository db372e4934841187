"""The figures of a row as a report shows them: one currency, TikTok's numbers where we have none, ratios."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from ledger.report_tallies import Money, Tally

MONEY_PLACES: Final = 6
_ZERO: Final = Decimal(0)
OURS, THEIRS = "signalpost", "tiktok"
OTHERS: Final = ("spend_other", "revenue_other", "refunds_other")
"""Columns that hold {currency: amount}, which a flat table leaves out."""

Convert = Callable[[Decimal, str, str], Decimal | None]
"""(amount, its currency, the wanted one) -> the amount in that; None where no rate is known."""


def unconverted(amount: Decimal, currency: str, wanted: str) -> Decimal | None:
    """A Convert that knows no rate."""
    return amount if currency == wanted else None


def reported_currency(total: Tally, wanted: Iterable[str | None]) -> str | None:
    """The first currency that is wanted; else that of the largest sum of revenue, of spend, or of refunds."""
    for currency in wanted:
        if currency:
            return currency
    for sums in (total.revenue, total.spend, total.refunds):
        named = sorted(currency for currency in sums if currency)  # of two equal sums always the same
        if named:
            return max(named, key=lambda currency: sums[currency])
    return None


def name_currency(tallies: Iterable[Tally], wanted: Iterable[str | None]) -> None:
    """What came to one app without a currency is in the one that a report of this app alone is in. A report of several
    is in one currency, and not every app's amounts are.
    """
    tallies, total = list(tallies), Tally()
    for tally in tallies:
        total.add(tally)
    if currency := reported_currency(total, wanted):
        for tally in tallies:
            tally.take_for(currency)


def columns_of(tally: Tally, currency: str | None, convert: Convert) -> dict[str, Any]:
    """The figures of a row. What has no rate is never added in: it stands in the columns OTHERS."""
    spend, spend_other = in_currency(tally.spend, currency, convert)
    revenue, revenue_other = in_currency(tally.revenue, currency, convert)
    refunds, refunds_other = in_currency(tally.refunds, currency, convert)
    tiktok_revenue = all_told(tally.tiktok_revenue, currency, convert)
    installs = tally.installs or tally.tiktok_installs or 0
    # what somebody paid in a currency without a rate is ours, too
    revenue_is_ours = bool(revenue or revenue_other or not tiktok_revenue)
    shown_revenue = revenue if revenue_is_ours else tiktok_revenue or _ZERO
    return {
        "spend": money(spend),
        "currency": currency,
        "impressions": tally.impressions,
        "clicks": tally.clicks,
        "reach": tally.reach,
        "link_clicks": tally.link_clicks,
        "visits": tally.visits,
        "wrong_os": tally.wrong_os,
        "installs": _count(installs),
        "installs_from": OURS if tally.installs or not installs else THEIRS,
        "events": tally.events,
        "trials": tally.trials,
        "registrations": tally.registrations,
        "revenue": money(shown_revenue),
        "revenue_from": OURS if revenue_is_ours else THEIRS,
        "proceeds": _proceeds(tally, currency, convert),
        "refunds": money(refunds),
        "tiktok_installs": _said(tally.tiktok_installs),
        "tiktok_purchases": _said(tally.tiktok_purchases),
        "tiktok_revenue": None if tiktok_revenue is None else money(tiktok_revenue),
        **{name: _each(sums) for name, sums in zip(OTHERS, (spend_other, revenue_other, refunds_other), strict=True)},
        **_ratios(
            tally,
            Decimal(installs),
            None if spend_other else spend,
            None if revenue_other and not shown_revenue else shown_revenue,
        ),
    }


def in_currency(sums: Money, currency: str | None, convert: Convert) -> tuple[Decimal, Money]:
    """(what can be told in the currency, the rest each in its own). What came without a currency is taken for it; a
    report of several apps has named each app's before (`name_currency`).
    """
    if not sums:
        return _ZERO, {}
    total, others = _ZERO, {}
    for code, amount in sums.items():
        told = amount if not code else convert(amount, code, currency) if currency else None
        if told is None:
            others[code] = amount
        else:
            total += told
    return total, {code: amount for code, amount in others.items() if amount}


def all_told(sums: Money, currency: str | None, convert: Convert) -> Decimal | None:
    """All of it in the currency; None where there is nothing, or where a part has no rate: the rest would pass for the
    whole.
    """
    told, others = in_currency(sums, currency, convert)
    return told if sums and not others else None


def _proceeds(tally: Tally, currency: str | None, convert: Convert) -> float | None:
    """None unless the proceeds of every sale are known, and can be told in the currency: a part of them would pass for
    the whole.
    """
    if tally.proceeds_of != tally.revenue or not tally.revenue:
        return None
    proceeds, not_told = in_currency(tally.proceeds, currency, convert)
    return None if not_told else money(proceeds)


def _ratios(tally: Tally, installs: Decimal, spend: Decimal | None, revenue: Decimal | None) -> dict[str, float | None]:
    """CPI = spend / installs, IPM = installs / impressions x 1,000, CPM = spend / impressions x 1,000, CPC = spend /
    clicks, CTR = clicks / impressions, CTI = installs / clicks, ROAS = revenue / spend; None for a division by zero,
    and of a sum that is not told (None): it is not zero.
    """
    impressions, clicks = Decimal(tally.impressions), Decimal(tally.clicks)
    return {
        "cpi": ratio(spend, installs),
        "ipm": ratio(installs * 1000, impressions),
        "cpm": ratio(spend and spend * 1000, impressions),
        "cpc": ratio(spend, clicks),
        "ctr": ratio(clicks, impressions),
        "cti": ratio(installs, clicks),
        "roas": ratio(revenue, spend),
    }


def ratio(dividend: Decimal | None, divisor: Decimal | None) -> float | None:
    return money(dividend / divisor) if divisor and dividend is not None else None


def money(amount: Decimal) -> float:
    return float(round(amount, MONEY_PLACES))


def _each(sums: Money) -> dict[str, float]:
    return {code: money(amount) for code, amount in sums.items()}


def _count(value: Decimal | int) -> float | int:
    """TikTok's conversions may be fractions."""
    return int(value) if value == int(value) else float(value)


def _said(value: Decimal | None) -> float | int | None:
    return None if value is None else _count(value)


def figure_names() -> list[str]:
    """The columns of figures in a flat table."""
    return [name for name in columns_of(Tally(), None, unconverted) if name not in OTHERS]


def untold(rows: Mapping[str, Any]) -> list[str]:
    """The currencies of the totals that have no rate."""
    return sorted({code for other in OTHERS for code in rows[other]})
