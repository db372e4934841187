"""What the log keeps of an exception: which, where, and no word of it."""

import io
import json
import logging
from collections.abc import Callable
from contextlib import redirect_stderr

import asyncpg
import pytest
import structlog

from config.logging import configure_logging
from config.tracebacks import shown

CANARY = "canary@example.com"


def refused_by_postgresql() -> None:
    error = asyncpg.UniqueViolationError(f'duplicate key "{CANARY}"')
    error.detail, error.sqlstate, error.constraint_name = f"Key (email)=({CANARY}) exists.", "23505", "users_email_key"
    raise error


def on_the_way(cause: Callable[[], None], suppressed: bool) -> None:
    try:
        cause()
    except Exception as error:
        raise KeyError(CANARY) from (None if suppressed else error)


def in_a_group() -> None:
    raise ExceptionGroup(CANARY, [ValueError(CANARY), OSError(28, CANARY)])


@pytest.mark.parametrize(
    ("failing", "told"),
    [
        (lambda: int(CANARY), "builtins.ValueError"),
        (refused_by_postgresql, "UniqueViolationError (sqlstate=23505, constraint_name=users_email_key)"),
        (lambda: on_the_way(refused_by_postgresql, suppressed=False), "then:"),
        (in_a_group, "builtins.OSError (errno=28)"),
    ],
    ids=["words", "what PostgreSQL quotes", "a cause", "a group"],
)
def test_an_exception_is_told_without_its_words(failing: Callable[[], object], told: str) -> None:
    with pytest.raises(Exception, match=r".*") as caught:
        failing()
    text = shown(caught.value)
    assert CANARY not in text
    assert told in text
    assert "test_tracebacks.py" in text


def test_a_cause_that_was_suppressed_is_not_told() -> None:
    with pytest.raises(KeyError) as caught:
        on_the_way(refused_by_postgresql, suppressed=True)
    assert "UniqueViolation" not in shown(caught.value)


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_both_our_lines_and_those_of_libraries_are_without_words(log_format: str) -> None:
    written = io.StringIO()
    with redirect_stderr(written):
        configure_logging("debug", log_format, "test")  # type: ignore[arg-type]
        try:
            int(CANARY)
        except ValueError as error:
            structlog.get_logger().error("ours", exc_info=error)
            structlog.get_logger().exception("ours, handled")
            logging.getLogger("uvicorn.error").exception("a library's")
    lines = written.getvalue()
    assert CANARY not in lines
    assert lines.count("builtins.ValueError") == 3
    if log_format == "json":
        assert {json.loads(line)["level"] for line in lines.splitlines()} == {"error"}
