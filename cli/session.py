"""A session for the length of one command."""

import asyncio
import getpass
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from admin.session import Session, open_session
from cli.refusal import note, refusals

T = TypeVar("T")


def run(work: Callable[[Session], Awaitable[T]]) -> T:
    """Do `work` in a session of its own. What is to be noted goes to stderr; every refusal is its sentence there, and
    exit status 1.
    """

    async def in_session() -> T:
        async with open_session(actor=f"cli:{_user()}") as session:
            try:
                return await work(session)
            finally:
                for text in session.notes:
                    note(text)

    structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))  # stdout is the answer's
    with refusals():
        return asyncio.run(in_session())


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "unknown"
