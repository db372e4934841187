"""Forms: what was typed becomes a checked record, or a sentence beside each field that cannot be taken."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Final, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from admin.refusal import Refused

MARKS: Final = ("_form", "_key", "_token", "_show", "_snapshot")  # fields of ours in every form
_WORDS: Final = {
    "missing": "is needed",
    "string_too_short": "is needed",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "decimal_parsing": "must be a number",
    "float_parsing": "must be a number",
    "bool_parsing": "must be yes or no",
    "date_from_datetime_parsing": "must be a day such as 2026-11-20",
    "date_parsing": "must be a day such as 2026-11-20",
    "datetime_from_date_parsing": "must be a time such as 2026-11-20T10:00:00Z",
    "datetime_parsing": "must be a time such as 2026-11-20T10:00:00Z",
}

Verbatim = Annotated[str, StringConstraints(strip_whitespace=False)]
"""A text whose blanks count, such as a password."""

F = TypeVar("F", bound="Form")


class Form(BaseModel):
    """The fields of one form. Blanks around a text are no part of it."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, frozen=True, hide_input_in_errors=True)

    secret: ClassVar[frozenset[str]] = frozenset()
    """Fields that are never shown or kept again."""


class NoFields(Form):
    """A button alone."""


class FormErrors(Exception):
    """Fields that cannot be taken, each with its sentence."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {text}" for name, text in errors.items()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else changed after the form was opened."""

    field: str
    then: str
    now: str

    @property
    def label(self) -> str:
        """A field of a table of rows is called by its row: `purchase` of `to.purchase`."""
        return self.field.partition(".")[2] or self.field


@dataclass(frozen=True, slots=True)
class Posted:
    """A form that was sent and not done: what was typed, and why it was not done."""

    form: str
    values: Mapping[str, str]
    """Without secrets."""
    key: str = ""
    """Which one, where a page has several of the same name."""
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    """What no single field is to blame for."""
    status: int = 422
    is_stale: bool = False
    """What it edits was changed after it was opened."""
    differences: tuple[Difference, ...] = ()

    def sentences(self) -> list[str]:
        """Why it was not done, where its form is not there to say it."""
        fields = [f"{name}: {text}" for name, text in self.errors.items()]
        changed = [f"{one.label}: was {one.then or 'empty'}, is {one.now or 'empty'}" for one in self.differences]
        return [text for text in (self.problem, *fields, *changed) if text]


@dataclass(frozen=True, slots=True)
class FormState:
    """One form as a template shows it: empty, or as it was sent."""

    name: str
    key: str
    posted: Posted | None

    def value(self, name: str, otherwise: Any = "") -> Any:
        if self.posted is None or name not in self.posted.values:
            # a box that was left empty is not sent
            return "" if self.posted and otherwise is True else otherwise
        return self.posted.values[name]

    def error(self, name: str) -> str:
        return self.posted.errors.get(name, "") if self.posted else ""

    @property
    def problem(self) -> str:
        return self.posted.problem if self.posted else ""

    @property
    def differences(self) -> tuple[Difference, ...]:
        return self.posted.differences if self.posted else ()

    def id(self, name: str) -> str:
        return "-".join(part for part in (self.name, self.key, name) if part)


def read_form(form: type[F], typed: Mapping[str, str]) -> F:
    """Raises:
    FormErrors: a field is missing, too long or of another type.
    """
    try:
        return form.model_validate(dict(typed))
    except ValidationError as error:
        raise FormErrors({str(e["loc"][0]) if e["loc"] else "": _sentence(e) for e in error.errors()}) from None


def refused(form: type[Form], error: Refused) -> tuple[dict[str, str], str]:
    """(field -> sentence, sentence of none): an act's refusal, beside its field where the form has it."""
    if error.field in form.model_fields:
        return {error.field: str(error).partition(":")[2].strip()}, ""
    return {}, str(error)


def _sentence(error: Any) -> str:
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == "string_too_long":
        typed = error.get("input")
        length = f"; this has {len(typed):,}" if isinstance(typed, str) else ""
        return f"must have at most {context['max_length']:,} characters{length}"
    if kind in ("enum", "literal_error"):
        return f"must be one of {context['expected']}"
    if kind in ("greater_than_equal", "less_than_equal"):
        bound, word = (context["ge"], "least") if "ge" in context else (context["le"], "most")
        return f"must be at {word} {bound:,}"
    if kind == "value_error":
        return str(context.get("error", error["msg"]))
    return _WORDS.get(kind, str(error["msg"]).lower())
