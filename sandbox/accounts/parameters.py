"""What a request asks for: the query of a GET, whose lists and objects are JSON, and the JSON body of a POST."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from sandbox.calls import Call
from sandbox.codes import Code
from sandbox.refusals import Refusal

MISSING = "Missing data for required field."


class Parameters:
    """The query string by name; of a name that comes twice the first value. Each reading may raise `Refusal`."""

    def __init__(self, call: Call) -> None:
        self._values: dict[str, str] = {}
        for name, value in parse_qsl(call.query, keep_blank_values=True):
            self._values.setdefault(name, value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        return self._values.get(name) or default

    def required(self, name: str) -> str:
        value = self._values.get(name)
        if not value:
            raise Refusal(MISSING).within(name)
        return value

    def one_of(self, name: str, choices: Iterable[str], default: str) -> str:
        value = self.text(name, default)
        if value not in choices:
            raise Refusal(f"Must be one of: {', '.join(choices)}.").within(name)
        return value

    def whole(self, name: str, default: int, lowest: int, highest: int | None = None) -> int:
        value = self.text(name, str(default))
        if not (value.isascii() and value.isdigit()):
            raise Refusal("Not a valid integer.").within(name)
        if int(value) < lowest:
            raise Refusal(f"Must be greater than or equal to {lowest}.").within(name)
        if highest is not None and int(value) > highest:
            raise Refusal(f"Must be less than or equal to {highest}.").within(name)
        return int(value)

    def flag(self, name: str) -> bool:
        return self.one_of(name, ("true", "false"), "false") == "true"

    def texts(self, name: str, limit: int | None = None) -> list[str] | None:
        """A JSON list of strings, or None when it is not given. More than `limit`: 40011."""
        if name not in self._values:
            return None
        try:
            return texts_of(_json(self._values[name]), limit)
        except Refusal as refusal:
            raise refusal.within(name) from None

    def required_texts(self, name: str, limit: int | None = None) -> list[str]:
        found = self.texts(name, limit)
        if not found:
            raise Refusal(MISSING).within(name)
        return found

    def json(self, name: str) -> Any:
        """A JSON value, or None when it is not given."""
        if name not in self._values:
            return None
        try:
            return _json(self._values[name])
        except Refusal as refusal:
            raise refusal.within(name) from None


class Body:
    """The fields of a JSON body. Each reading may raise `Refusal`."""

    def __init__(self, call: Call) -> None:
        kind = call.header(b"content-type") or ""
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise Refusal("Content-Type must be application/json.")
        fields = _json(call.body)
        if not isinstance(fields, dict):
            raise Refusal("Request body is not a valid JSON object.")
        self._fields: dict[str, Any] = fields

    def required(self, name: str) -> str:
        if name not in self._fields:
            raise Refusal(MISSING).within(name)
        value = self._fields[name]
        if not isinstance(value, str):
            raise Refusal("Not a valid string.").within(name)
        if not value:
            raise Refusal("Shorter than minimum length 1.").within(name)
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self._fields.get(name, default)
        if not isinstance(value, bool):
            raise Refusal("Not a valid boolean.").within(name)
        return value


class Page(msgspec.Struct, frozen=True):
    """Which page of a list, numbered from one."""

    number: int
    size: int

    def of(self, rows: list[Any]) -> tuple[list[Any], dict[str, int]]:
        """The rows of this page, and TikTok's `page_info`."""
        start = (self.number - 1) * self.size
        info = {
            "page": self.number,
            "page_size": self.size,
            "total_number": len(rows),
            "total_page": -(-len(rows) // self.size),
        }
        return rows[start : start + self.size], info


def page_of(parameters: Parameters, largest: int) -> Page:
    """`page` from 1, `page_size` from 1 to `largest`, by default 10."""
    return Page(parameters.whole("page", 1, 1), parameters.whole("page_size", 10, 1, largest))


def texts_of(value: Any, limit: int | None = None) -> list[str]:
    """A decoded value as a list of strings. More than `limit`: 40011, too many ids."""
    if not isinstance(value, list):
        raise Refusal("Not a valid list.")
    for index, item in enumerate(value):
        if not isinstance(item, str):
            raise Refusal("Not a valid string.").within(index)
    if limit is not None and len(value) > limit:
        raise Refusal(f"Longer than maximum length {limit}.", Code.ID_LIMIT_EXCEED)
    return value


def chosen(row: dict[str, Any], fields: list[str] | None) -> dict[str, Any]:
    """A row with the fields asked for and none besides; all of them where none were."""
    return row if fields is None else {name: row[name] for name in fields if name in row}


def known_fields(parameters: Parameters, known: Iterable[str]) -> list[str] | None:
    """`fields`. One that no row has refuses the call and is named."""
    fields = parameters.texts("fields")
    wrong = [name for name in fields or () if name not in known]
    if wrong:
        raise Refusal(f"Unsupported value: {wrong}.").within("fields")
    return fields or None


def _json(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (ValueError, RecursionError) as error:
        raise Refusal(f"Not valid JSON: {error}") from error
