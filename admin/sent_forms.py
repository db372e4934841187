"""A form that is sent twice is done once."""

from datetime import datetime

from admin.session import Session
from ledger.sent_forms import claim_form, form_led_to, release_form


class AlreadySent(Exception):
    """By the same page, before."""

    def __init__(self, led_to: str | None) -> None:
        super().__init__()
        self.led_to = led_to
        """Where its answer led, empty where it led nowhere; None while it is being done."""


async def begin_form(session: Session, user_session: bytes, form_id: str, now: datetime) -> None:
    """From here on it is ours to do.

    Raises:
        AlreadySent: it was begun before.
    """
    before = await claim_form(session.database, user_session, form_id, now)
    if before is not None:
        raise AlreadySent(before.led_to)


async def give_back_form(session: Session, user_session: bytes, form_id: str) -> None:
    """It changed nothing, and may be sent again."""
    await release_form(session.database, user_session, form_id)


async def end_form(session: Session, user_session: bytes, form_id: str, led_to: str) -> None:
    """Remember where its answer led."""
    await form_led_to(session.database, user_session, form_id, led_to)
