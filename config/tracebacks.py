"""An exception in the log: its type and the way it came, not its words.

Words of exceptions quote what they stumbled over: asyncpg the value it could not store, a parser the line it could not
read. Kept of them is what cannot be anybody's: the error code of a database or of the system, a constraint's name.
"""

import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Final

TOLD: Final = ("sqlstate", "constraint_name", "errno", "winerror", "code", "status_code")
LONGEST: Final = 80  # characters of one of them
DEPTH: Final = 8  # exceptions in a chain


def without_words(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog's: `exc_info` becomes `exception`, as `format_exc_info` does it, without the words."""
    error = _error_of(event.pop("exc_info", None))
    if error is not None:
        event["exception"] = shown(error)
    return event


def shown(error: BaseException) -> str:
    """The chain of an exception, the first cause first."""
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain and len(chain) < DEPTH:
        chain.append(following)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return "\nthen:\n".join(_one(one) for one in reversed(chain))


def _one(error: BaseException) -> str:
    lines = [*_places(error.__traceback__), _name(error)]
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions[:DEPTH]:
            lines += [f"  | {line}" for line in shown(part).splitlines()]
    return "\n".join(lines)


def _places(start: TracebackType | None) -> list[str]:
    # a line of the program stands there as it is written, so without a value
    return [line.rstrip("\n") for line in traceback.format_list(traceback.extract_tb(start))]


def _name(error: BaseException) -> str:
    kind = type(error)
    told = [f"{name}={value}" for name in TOLD if (value := _scalar(getattr(error, name, None))) is not None]
    return f"{kind.__module__}.{kind.__qualname__}" + (f" ({', '.join(told)})" if told else "")


def _scalar(value: object) -> str | None:
    return (
        str(value)[:LONGEST] if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None
    )


def _error_of(given: object) -> BaseException | None:
    """Of what loggers are given: an exception, what `sys.exc_info` returns, or True for the one that is handled."""
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None
