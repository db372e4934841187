"""`filtering` of a report: a JSON list of conditions, whose values are texts, a list of ids too."""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from sandbox.accounts.metrics import AD, ADGROUP, CAMPAIGN
from sandbox.accounts.parameters import MISSING, Parameters, texts_of
from sandbox.accounts.tree import Place
from sandbox.refusals import Refusal

IDS_LIMIT = 100
FILTER_TYPES = frozenset(
    ["IN", "MATCH", "GREATER_EQUAL", "GREATER_THAN", "LOWER_EQUAL", "LOWER_THAN", "BETWEEN", "NOT_IN", "CONTAIN_ANY_OF"]
)
_STATUSES = ("STATUS_ALL", "STATUS_NOT_DELETE", "STATUS_DELETE")
_LEVELS = (CAMPAIGN, ADGROUP, AD)

Test = Callable[[Place], bool]


class ReportFilter(msgspec.Struct, frozen=True):
    """Which ads a report counts."""

    tests: tuple[Test, ...]

    def __call__(self, place: Place) -> bool:
        return all(test(place) for test in self.tests)


def read_report_filter(parameters: Parameters, level: str, dimension: str | None) -> ReportFilter:
    """Raises `Refusal`. Unless its status is asked for, what is deleted at the report's own level is hidden."""
    conditions = parameters.json("filtering")
    conditions = [] if conditions is None else conditions
    if not isinstance(conditions, list):
        raise Refusal("Not a valid list.").within("filtering")
    tests: list[Test] = []
    named: set[str] = set()
    for index, condition in enumerate(conditions):
        try:
            name, kind, value = _condition(condition)
            tests.append(_test(name, kind, value, _ids_of(level, dimension), _levels_to(level)))
            named.add(name)
        except Refusal as refusal:
            raise refusal.within(index).within("filtering") from None
    if level in _LEVELS and f"{level}_status" not in named:
        tests.append(_status(level, "STATUS_NOT_DELETE"))
    return ReportFilter(tuple(tests))


def _condition(condition: Any) -> tuple[str, str, str]:
    if not isinstance(condition, dict):
        raise Refusal("Not a valid object.")
    values: list[str] = []
    for name in ("field_name", "filter_type", "filter_value"):
        if name not in condition:
            raise Refusal(MISSING).within(name)
        if not isinstance(condition[name], str):
            raise Refusal("Not a valid string.").within(name)
        values.append(condition[name])
    if values[1] not in FILTER_TYPES:
        raise Refusal("Not a supported filter type.").within("filter_type")
    return values[0], values[1], values[2]


def _levels_to(level: str) -> tuple[str, ...]:
    return _LEVELS[: _LEVELS.index(level) + 1] if level in _LEVELS else ()


def _ids_of(level: str, dimension: str | None) -> dict[str, Callable[[Place], str | None]]:
    """The id filters of a level. Of ads there are two, for the two dimensions."""
    every: dict[str, Callable[[Place], str | None]] = {
        CAMPAIGN: lambda place: place.campaign.campaign_id,
        ADGROUP: lambda place: place.adgroup.adgroup_id,
    }
    found = {f"{name}_ids": every[name] for name in _levels_to(level) if name != AD}
    if dimension == "ad_id":
        found["ad_ids"] = lambda place: place.ad_id
    if dimension == "ad_id_v2":
        found["ad_ids_v2"] = lambda place: place.ad_id_v2
    return found


def _test(
    name: str, kind: str, value: str, ids: dict[str, Callable[[Place], str | None]], levels: Iterable[str]
) -> Test:
    level = name.removesuffix("_status")
    if name not in ids and level not in levels:
        raise Refusal(f"{name} is no filter of this report, or none that the sandbox plays.").within("field_name")
    if kind != "IN":
        raise Refusal(f"{name} goes with IN.").within("filter_type")
    try:
        wanted = texts_of(_decoded(value), IDS_LIMIT)
        if name in ids:
            of = ids[name]
            return lambda place: of(place) in wanted
        if len(wanted) != 1:
            raise Refusal("Give one status.")
        return _status(level, wanted[0])
    except Refusal as refusal:
        raise refusal.within("filter_value") from None


def _status(level: str, status: str) -> Test:
    if status not in _STATUSES:
        raise Refusal(f"Must be one of: {', '.join(_STATUSES)}.")
    if status == "STATUS_ALL":
        return lambda _place: True
    return lambda place: place.deleted(level) is (status == "STATUS_DELETE")


def _decoded(value: str) -> Any:
    try:
        return msgspec.json.decode(value)
    except ValueError as error:
        raise Refusal(f"Not valid JSON: {error}") from error
