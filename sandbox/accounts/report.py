"""`GET /report/integrated/get/`: rows that follow from what was loaded as spend and from the events taken."""

import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from sandbox.accounts.endpoint import Reply
from sandbox.accounts.figures import Sum, figure, order_of
from sandbox.accounts.holding import Holding
from sandbox.accounts.hours import LocalHour, hour_at
from sandbox.accounts.metrics import AD, ADVERTISER
from sandbox.accounts.parameters import Parameters
from sandbox.accounts.permission import advertiser, granted
from sandbox.accounts.report_rules import DAY, HOUR, ReportRequest, read_report
from sandbox.accounts.spend import Amounts
from sandbox.accounts.tree import Place
from sandbox.calls import Call
from sandbox.codes import Code, message_of
from sandbox.memory import Memory
from sandbox.refusals import Refusal

# the words of TikTok's FAQ
THROTTLE = (
    b"Number of ad ids is equal or more than 20k, only return the top 20k id's results, "
    b"sorting by create time desc order."
)


class _Fact(msgspec.Struct, frozen=True):
    """What an ad did in an hour."""

    place: Place
    hour: LocalHour
    country: str
    platform: str
    amounts: Amounts


class _Selection(msgspec.Struct, frozen=True):
    ids: dict[str, str]
    """What spends -> the id of its row."""
    is_cut: bool


class _Key(msgspec.Struct, frozen=True):
    """What a row is about; what was not asked for is empty."""

    id: str = ""
    time: str = ""
    fold: int = 0
    breakdown: str = ""


def report(call: Call, memory: Memory) -> Reply:
    """Every page is computed anew, so a correction between two of them shows."""
    grant = granted(call, memory)
    parameters = Parameters(call)
    holding = advertiser(parameters, grant, memory)
    request = read_report(parameters)
    holding.refresh(call.received_at)
    selected = _selected(holding, request)
    sums: dict[_Key, Sum] = {}
    for fact in _facts(holding, memory, request, call.received_at):
        if (key := _key(fact, selected, holding, request)) is not None:
            sums.setdefault(key, Sum()).add(fact.place, fact.amounts)
    if not selected.is_cut:
        _add_zeros(sums, selected, holding, request, call.received_at)
    rows = [_row(key, total, holding, request) for key, total in _ordered(sums, holding, request)]
    listed, info = request.page.of(rows)
    data: dict[str, object] = {"list": listed, "page_info": info}
    if request.with_totals:
        data["total_metrics"] = _totals(sums, holding, request)
    if request.page.number == 1:
        holding.pulls += 1
    return Reply(data, headers=((b"x-tt-ads-throttle", THROTTLE),) if selected.is_cut else ())


def report_task(call: Call, memory: Memory) -> Reply:
    """`POST /report/task/create/`: asynchronous reports are for apps on a list, and ordinary apps are not (seen)."""
    granted(call, memory)
    raise Refusal(message_of(Code.NOT_IN_WHITELIST), Code.NOT_IN_WHITELIST)


def _selected(holding: Holding, request: ReportRequest) -> _Selection:
    """What a report counts: of too many ads only the newest, and only those that spent."""
    places = sorted(holding.tree.places(), key=lambda place: place.created, reverse=True)
    ids = {
        place.spends_as: found
        for place in places
        if request.keep(place) and (found := _id(place, holding, request)) is not None
    }
    distinct = list(dict.fromkeys(ids.values()))
    is_cut = request.level == AD and len(distinct) >= holding.record.ad_limit
    if is_cut:
        newest = frozenset(distinct[: holding.record.ad_limit])
        ids = {ad: found for ad, found in ids.items() if found in newest}
    return _Selection(ids, is_cut)


def _facts(holding: Holding, memory: Memory, request: ReportRequest, now: float) -> Iterator[_Fact]:
    record = holding.record
    delay = {None: record.basic_delay_s, "country_code": record.country_delay_s, "platform": record.audience_delay_s}
    until = hour_at(now - delay[request.breakdown], record.zone)
    pixels = memory.accounts.pixels_of(record.advertiser_id)
    for day in _days(holding, request, now):
        for cell, amounts in holding.spend.rows(day):
            place = holding.tree.place(cell.ad_id)
            if place is not None and cell.hour <= until:
                yield _Fact(place, cell.hour, cell.country, cell.platform, amounts)
        for made in holding.conversions(memory.event_log, pixels, day):
            if made.hour <= until:
                amounts = Amounts(metrics=made.metrics)
                yield _Fact(made.place, made.hour, made.country, made.platform, amounts)


def _days(holding: Holding, request: ReportRequest, now: float) -> list[str]:
    if not request.first:  # the whole lifetime: from the first row to today
        today = hour_at(now, holding.record.zone).day
        return _every_day(min([*holding.spend.days()[:1], _created(holding)]), today)
    return _every_day(request.first, request.last)


def _created(holding: Holding) -> str:
    return datetime.fromtimestamp(holding.record.create_time, UTC).date().isoformat()


def _every_day(first: str, last: str) -> list[str]:
    start = date.fromisoformat(first)
    days = (date.fromisoformat(last) - start).days
    return [(start + timedelta(days=number)).isoformat() for number in range(days + 1)]


def _id(place: Place, holding: Holding, request: ReportRequest) -> str | None:
    """What the report's id dimension calls an ad's row; None where it has no row of its own there."""
    return {
        "advertiser_id": holding.record.advertiser_id,
        "campaign_id": place.campaign.campaign_id,
        "adgroup_id": place.adgroup.adgroup_id,
        "ad_id": place.ad_id,
        "ad_id_v2": place.ad_id_v2,
        None: "",
    }[request.id_dimension]


def _key(fact: _Fact, selected: _Selection, holding: Holding, request: ReportRequest) -> _Key | None:
    """None where the fact is in no row of the report."""
    found = selected.ids.get(fact.place.spends_as)
    repeated = holding.record.repeated_hour
    if found is None or (request.time == HOUR and fact.hour.fold and repeated == "first"):
        return None
    doubled = request.time == HOUR and repeated == "doubled"
    times = {HOUR: fact.hour.label, DAY: f"{fact.hour.day} 00:00:00", None: ""}
    breakdowns = {"country_code": fact.country, "platform": fact.platform, None: ""}
    return _Key(found, times[request.time], fact.hour.fold if doubled else 0, breakdowns[request.breakdown])


def _add_zeros(
    sums: dict[_Key, Sum], selected: _Selection, holding: Holding, request: ReportRequest, now: float
) -> None:
    """Rows of zeros for ads that did nothing: some, all or none, as the account says."""
    kind = holding.record.zero_rows
    if kind == "none" or request.breakdown is not None or request.id_dimension is None or request.level == ADVERTISER:
        return
    times = _times(holding, request, now)
    for spends_as, found in selected.ids.items():
        place = holding.tree.place(spends_as)
        for time in times:
            is_there = kind == "all" or zlib.crc32(f"{found}|{time}".encode()) % 3 == 0
            if place is not None and is_there:
                sums.setdefault(_Key(found, time), Sum()).name(place)


def _times(holding: Holding, request: ReportRequest, now: float) -> list[str]:
    """The days or hours of a report that have begun."""
    if request.time is None:
        return [""]
    latest = hour_at(now, holding.record.zone)
    days = [day for day in _days(holding, request, now) if day <= latest.day]
    if request.time == DAY:
        return [f"{day} 00:00:00" for day in days]
    labels: dict[str, None] = {}
    for day in days:
        midnight = LocalHour(f"{day} 00:00:00").starts_at(holding.record.zone)
        hours = (hour_at(midnight + 3600 * number, holding.record.zone) for number in range(26))
        labels.update(dict.fromkeys(hour.label for hour in hours if hour.day == day and hour <= latest))
    return list(labels)


def _row(key: _Key, total: Sum, holding: Holding, request: ReportRequest) -> dict[str, dict[str, str]]:
    shown = total
    if request.id_dimension != "ad_id" and total.place is not None and total.place.creative is not None:
        # only by ad_id is a row about a creative; else about its ad or what is above
        shown = msgspec.structs.replace(total, place=msgspec.structs.replace(total.place, creative=None))
    values = {request.id_dimension: key.id, request.time: key.time, request.breakdown: key.breakdown}
    return {
        "dimensions": {name: values[name] for name in request.dimensions},
        "metrics": {name: figure(name, shown, holding.record) for name in request.metrics},
    }


def _ordered(sums: dict[_Key, Sum], holding: Holding, request: ReportRequest) -> list[tuple[_Key, Sum]]:
    """In the order asked for, else in one that means nothing: TikTok does not sort by itself."""
    order = request.order_field
    if not order:
        return sorted(sums.items(), key=lambda item: zlib.crc32(msgspec.json.encode(item[0])))

    def place_in_order(item: tuple[_Key, Sum]) -> tuple[bool, object, str]:
        row = _row(item[0], item[1], holding, request)
        if order in row["dimensions"]:
            return True, 0, row["dimensions"][order]
        if order in row["metrics"]:
            return order_of(row["metrics"][order])
        return order_of(figure(order, item[1], holding.record))

    return sorted(sums.items(), key=place_in_order, reverse=request.descending)


def _totals(sums: dict[_Key, Sum], holding: Holding, request: ReportRequest) -> dict[str, str]:
    total = Sum()
    for one in sums.values():
        total.amounts.add(one.amounts)
        total.results += one.results
        total.has_goal |= one.has_goal
    return {name: figure(name, total, holding.record) for name in request.metrics}
