"""What may be asked of `/report/integrated/get/`. Legality is judged before data, so an empty account tells it too."""

from datetime import date

import msgspec

from sandbox.accounts import metrics as known
from sandbox.accounts.parameters import MISSING, Page, Parameters, page_of
from sandbox.accounts.report_filter import ReportFilter, read_report_filter
from sandbox.refusals import Refusal

PAGE_SIZE = 1000
METRICS_LIMIT = 100
# the words of TikTok's FAQ
CONFLICT = "Conflict occurs. The input params including metrics and dimensions have no relation."

DAY, HOUR = "stat_time_day", "stat_time_hour"
_LEVEL_OF = {
    "AUCTION_ADVERTISER": known.ADVERTISER,
    "AUCTION_CAMPAIGN": known.CAMPAIGN,
    "AUCTION_ADGROUP": known.ADGROUP,
    "AUCTION_AD": known.AD,
}
_DIMENSIONS_OF = {
    known.ADVERTISER: {"advertiser_id"},
    known.CAMPAIGN: {"campaign_id"},
    known.ADGROUP: {"adgroup_id"},
    known.AD: {"ad_id", "ad_id_v2"},
}
_IDS = frozenset().union(*_DIMENSIONS_OF.values())
_TIMES = frozenset({DAY, HOUR})
_BREAKDOWNS = {"BASIC": frozenset({"country_code"}), "AUDIENCE": frozenset({"platform"})}
_SPANS = {HOUR: 1, DAY: 30, None: 365}
"""Days, both ends included."""


class ReportRequest(msgspec.Struct, frozen=True):
    """A report that may be asked for."""

    level: str
    dimensions: list[str]
    metrics: list[str]
    first: str
    """`YYYY-MM-DD` in the account's zone; empty with `last` = the whole lifetime."""
    last: str
    keep: ReportFilter
    order_field: str
    descending: bool
    with_totals: bool
    page: Page

    @property
    def id_dimension(self) -> str | None:
        return _one(self.dimensions, _IDS)

    @property
    def time(self) -> str | None:
        return _one(self.dimensions, _TIMES)

    @property
    def breakdown(self) -> str | None:
        return _one(self.dimensions, _BREAKDOWNS["BASIC"] | _BREAKDOWNS["AUDIENCE"])


def read_report(parameters: Parameters) -> ReportRequest:
    """Raises `Refusal` with TikTok's 40002 for everything that is not allowed."""
    parameters.required("report_type")
    kind = parameters.one_of("report_type", _BREAKDOWNS, "")
    parameters.one_of("service_type", ("AUCTION",), "AUCTION")
    parameters.required("data_level")
    level = _LEVEL_OF[parameters.one_of("data_level", _LEVEL_OF, "")]
    if "advertiser_ids" in parameters:
        raise Refusal("Reports of several advertisers lose the decimals of money: the sandbox has none.").within(
            "advertiser_ids"
        )
    dimensions = _dimensions(parameters, kind, level)
    metrics = _metrics(parameters, kind, level, dimensions)
    first, last = _span(parameters, kind, dimensions)
    order_field = parameters.text("order_field")
    if order_field and order_field not in {*metrics, *dimensions}:
        raise Refusal("Must be one of the metrics or dimensions.").within("order_field")
    with_totals = parameters.flag("enable_total_metrics")
    if with_totals and not {*dimensions} <= _IDS | {DAY}:
        raise Refusal("Goes with one id dimension and stat_time_day only.").within("enable_total_metrics")
    return ReportRequest(
        level=level,
        dimensions=dimensions,
        metrics=metrics,
        first=first,
        last=last,
        keep=read_report_filter(parameters, level, _one(dimensions, _IDS)),
        order_field=order_field,
        descending=parameters.one_of("order_type", ("ASC", "DESC"), "DESC") == "DESC",
        with_totals=with_totals,
        page=page_of(parameters, PAGE_SIZE),
    )


def _dimensions(parameters: Parameters, kind: str, level: str) -> list[str]:
    dimensions = parameters.required_texts("dimensions")
    breakdowns = _BREAKDOWNS[kind]
    wrong = [name for name in dimensions if name not in _IDS | _TIMES | breakdowns]
    if wrong or len(set(dimensions)) != len(dimensions):
        raise Refusal(f"Invalid dimension fields: {wrong or dimensions}").within("dimensions")
    ids, times = [*_IDS.intersection(dimensions)], [*_TIMES.intersection(dimensions)]
    if len(ids) > 1 or len(times) > 1:
        raise Refusal("At most one id dimension and one time dimension.").within("dimensions")
    if ids and ids[0] not in _DIMENSIONS_OF[level]:
        raise Refusal(CONFLICT)
    if kind == "AUDIENCE" and not breakdowns.intersection(dimensions):
        raise Refusal("An audience report has exactly one audience dimension.").within("dimensions")
    if HOUR in dimensions and len({*dimensions} - _IDS) > 1:
        raise Refusal(f"{HOUR} goes with no further dimension but an id.").within("dimensions")
    return dimensions


def _metrics(parameters: Parameters, kind: str, level: str, dimensions: list[str]) -> list[str]:
    metrics = parameters.texts("metrics") or ["spend", "impressions"]
    if len(metrics) > METRICS_LIMIT:
        raise Refusal(f"Longer than maximum length {METRICS_LIMIT}.").within("metrics")
    wrong = [name for name in metrics if name not in known.KNOWN]
    if wrong:
        raise Refusal(f"Invalid metric fields: {wrong}")  # these words were seen live
    if {"ad_id", "ad_id_v2"} <= {*metrics, *dimensions}:
        raise Refusal("ad_id and ad_id_v2 never go together.")
    has_id = bool(_IDS.intersection(dimensions))
    for name in metrics:
        attribute = known.ATTRIBUTES.get(name)
        misplaced = attribute is not None and (level not in attribute or not has_id)
        by_day = name in known.ADVERTISER_DAYS and (level != known.ADVERTISER or DAY not in dimensions)
        not_here = kind == "AUDIENCE" and name not in known.AUDIENCE
        pages = name == "ad_url_list" and "ad_id_v2" not in dimensions
        if misplaced or by_day or not_here or pages:
            raise Refusal(CONFLICT)
    return metrics


def _span(parameters: Parameters, kind: str, dimensions: list[str]) -> tuple[str, str]:
    if parameters.flag("query_lifetime"):
        if kind != "BASIC" or not {*dimensions} <= _IDS:
            raise Refusal("Goes with BASIC and with neither time nor country.").within("query_lifetime")
        return "", ""
    first, last = _date(parameters, "start_date"), _date(parameters, "end_date")
    if last < first:
        raise Refusal("Must not be before start_date.").within("end_date")
    time = _one(dimensions, _TIMES)
    if (last - first).days >= _SPANS[time]:
        days = f"{_SPANS[time]} day{'s' if _SPANS[time] > 1 else ''}"
        raise Refusal(f"max time span is {days}{f' when use {time}' if time else ''}")
    return first.isoformat(), last.isoformat()


def _date(parameters: Parameters, name: str) -> date:
    text = parameters.text(name)
    if not text:
        raise Refusal(MISSING).within(name)
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refusal("Not a valid date: YYYY-MM-DD.").within(name) from None
    if text != found.isoformat():  # other spellings of ISO 8601, which TikTok does not take
        raise Refusal("Not a valid date: YYYY-MM-DD.").within(name)
    return found


def _one(dimensions: list[str], among: frozenset[str]) -> str | None:
    return next((name for name in dimensions if name in among), None)
