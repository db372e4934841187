"""JSON into typed structs, with errors that name the field."""

import re
from typing import Any, TypeVar

import msgspec

from forwarder.errors import FieldError
from forwarder.intake.body import malformed
from forwarder.intake.json_repair import repaired
from forwarder.intake.set_aside import HALF_CHARACTER, note

T = TypeVar("T")

BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # .NET writes it before JSON, too; a reader may pass over it (RFC 8259, 8.1)
_PATH = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_MISSING = re.compile(r"^Object missing required field `([^`]+)`")
_MALFORMED = re.compile(r"JSON is malformed: (.+) \(byte (\d+)\)")
_BROKEN_OFF = "Input data was truncated"
_NOT_FINITE = re.compile(rb".?(?:NaN|Inf)", re.DOTALL)
_CHOICES = {"platform": "ios or android"}
_WORDS = (("`", ""), (" | null", ""), ("Expected", "must be"), (" | ", " or "), ("str", "string"), ("array", "list"))
_ELEMENT = re.compile(r"\[[^\]]*\]")


def decode(decoder: "msgspec.json.Decoder[T]", raw: Any) -> T:
    """The struct in `raw` (bytes or msgspec.Raw). Half a surrogate pair in a text is read as U+FFFD, a byte order mark
    passed over.

    Raises:
        FieldError: a value of the wrong type, or one that is missing.
        Refusal: 400 where it is not JSON; NaN and Infinity are not.
    """
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise field_error(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        text = bytes(raw)
        if text.startswith(BYTE_ORDER_MARK):
            return decode(decoder, text.removeprefix(BYTE_ORDER_MARK))
        mended, where = repaired(text), _where(error, text)
    except RecursionError:
        mended, where = None, "it is nested too deeply"
    if mended is None:
        raise malformed(where)
    note("body", HALF_CHARACTER)
    return decode(decoder, mended)


def _where(error: Exception, text: bytes) -> str:
    """What is wrong with the body, and where; empty where that is not known."""
    said = str(error)
    if said == _BROKEN_OFF:
        return "it ends too early"
    found = _MALFORMED.fullmatch(said)
    if found is None:
        return ""
    at = int(found[2])
    hint = ", where NaN and Infinity are no values" if _NOT_FINITE.match(text, max(0, at - 1)) else ""
    return f"{found[1]} at byte {at}{hint}"


def field_error(error: msgspec.ValidationError) -> FieldError:
    """`Expected `int`, got `str` - at `$.device.screen.width`` as the field `device.screen.width` and the rest."""
    text = str(error)
    found = _PATH.search(text)
    message = text[: found.start()] if found is not None else text
    path = _ELEMENT.sub("", found[1]).strip(".") if found is not None else ""
    missing = _MISSING.match(message)
    if missing is not None:
        return FieldError(f"{path}.{missing[1]}".strip("."), "is required")
    return FieldError(path, _in_plain_words(path, message))


def _in_plain_words(path: str, message: str) -> str:
    choices = _CHOICES.get(path.rpartition(".")[2])
    if choices is not None and message.startswith("Invalid enum value"):
        return f"must be {choices}"
    for written, meant in _WORDS:
        message = message.replace(written, meant)
    return message
