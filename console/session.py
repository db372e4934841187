"""The session that one request's acts are done in."""

from dataclasses import replace

from starlette.requests import Request

from admin.session import Session


def session_of(request: Request) -> Session:
    """With notes of its own: the ledger and the keys are those of the process."""
    opened: Session = request.state.session
    return replace(opened, notes=[])
