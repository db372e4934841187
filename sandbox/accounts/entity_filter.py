"""`filtering` of the entity lists: one JSON object, unlike in reports."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sandbox.accounts.entity_rows import Row
from sandbox.accounts.parameters import Parameters, texts_of
from sandbox.refusals import Refusal

IDS_LIMIT = 100
_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_PRIMARY = ("STATUS_NOT_DELETE", "STATUS_ALL", "STATUS_DELETE", "STATUS_DELIVERY_OK", "STATUS_DISABLE")
# the two names of one objective find each other (DOC)
_ALIKE = {"WEB_CONVERSIONS": {"WEB_CONVERSIONS", "CONVERSIONS"}, "CONVERSIONS": {"WEB_CONVERSIONS", "CONVERSIONS"}}


class Listed(msgspec.Struct, frozen=True):
    """A row and what is asked about it that it need not hold."""

    row: Row
    deleted: bool
    objective_type: str


Test = Callable[[Listed], bool]


class Filter(msgspec.Struct, frozen=True):
    """Which rows are wanted."""

    tests: tuple[Test, ...]

    def __call__(self, listed: Listed) -> bool:
        return all(test(listed) for test in self.tests)


def read_filter(parameters: Parameters, ids: Mapping[str, str], modified_after: bool) -> Filter:
    """`ids`: names of id filters and the field each is about.

    `modified_after`: whether this list knows that filter, as lists of ads do. Raises `Refusal` for a name that the
    list does not know.
    """
    asked = parameters.json("filtering")
    asked = {} if asked is None else asked
    if not isinstance(asked, dict):
        raise Refusal("Not a valid object.").within("filtering")
    tests: list[Test] = []
    try:
        for name, value in asked.items():
            tests.append(_test(name, value, ids, modified_after))
        if "secondary_status" not in asked or "primary_status" in asked:
            tests.append(_primary(asked.get("primary_status", "STATUS_NOT_DELETE")))
    except Refusal as refusal:
        raise refusal.within("filtering") from None
    return Filter(tuple(tests))


def _test(name: str, value: Any, ids: Mapping[str, str], modified_after: bool) -> Test:
    times = {"creation_filter_start_time", "creation_filter_end_time"} | (
        {"modified_after"} if modified_after else set()
    )
    try:
        if name in ids:
            return _one_of(ids[name], frozenset(texts_of(value, IDS_LIMIT)))
        if name in times:
            return _time(name, _text(value))
        if name == "primary_status":
            return _primary(value)
        if name in _EQUAL:
            return _EQUAL[name](_text(value))
        if name in {"buying_types", "campaign_system_origins"}:
            texts_of(value)
            return lambda _listed: True  # the sandbox has auction ads of the ordinary platform only
    except Refusal as refusal:
        raise refusal.within(name) from None
    raise Refusal("Unknown field.").within(name)


def _one_of(field: str, wanted: frozenset[str]) -> Test:
    return lambda listed: listed.row.get(field) in wanted


def _time(name: str, value: str) -> Test:
    if _TIME.fullmatch(value) is None:
        raise Refusal("Not a valid time: YYYY-MM-DD HH:MM:SS in UTC.")
    if name == "modified_after":
        return lambda listed: (listed.row["modify_time"] or "") > value
    if name == "creation_filter_start_time":
        return lambda listed: str(listed.row["create_time"]) >= value
    return lambda listed: str(listed.row["create_time"]) <= value


def _primary(value: Any) -> Test:
    if value not in _PRIMARY:
        raise Refusal(f"Must be one of: {', '.join(_PRIMARY)}.")
    return {
        "STATUS_ALL": lambda _listed: True,
        "STATUS_NOT_DELETE": lambda listed: not listed.deleted,
        "STATUS_DELETE": lambda listed: listed.deleted,
        "STATUS_DELIVERY_OK": lambda listed: not listed.deleted and listed.row["operation_status"] == "ENABLE",
        "STATUS_DISABLE": lambda listed: not listed.deleted and listed.row["operation_status"] != "ENABLE",
    }[value]


def _objective(value: str) -> Test:
    wanted = _ALIKE.get(value, {value})
    return lambda listed: listed.objective_type in wanted


def _secondary(value: str) -> Test:
    if value.endswith("_STATUS_ALL"):
        return lambda _listed: True
    return lambda listed: listed.row["secondary_status"] == value


_EQUAL: dict[str, Callable[[str], Test]] = {
    "secondary_status": _secondary,
    "objective_type": _objective,
    "campaign_name": lambda value: lambda listed: value.lower() in listed.row["campaign_name"].lower(),
    "optimization_goal": lambda value: lambda listed: listed.row.get("optimization_goal") == value,
    "campaign_automation_type": lambda value: lambda listed: listed.row.get("campaign_automation_type") == value,
}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Refusal("Not a valid string.")
    return value
