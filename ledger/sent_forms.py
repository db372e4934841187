"""Forms of the console that were sent, so that one that is sent twice is done once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was sent before."""

    led_to: str | None
    """Where its answer led; None where it led nowhere, or is still being done."""


CLAIM_FORM = """
INSERT INTO sent_forms (session, form_id, at) VALUES ($1, $2, $3) ON CONFLICT (session, form_id) DO NOTHING
RETURNING form_id
"""
SENT_FORM = "SELECT led_to FROM sent_forms WHERE session = $1 AND form_id = $2"


async def claim_form(connection: Any, session: bytes, form_id: str, now: datetime) -> SentForm | None:
    """None: it was never sent, and is now ours to do. Otherwise what became of it."""
    if await connection.fetchval(CLAIM_FORM, session, form_id, now) is not None:
        return None
    return SentForm(await connection.fetchval(SENT_FORM, session, form_id))


RELEASE_FORM = "DELETE FROM sent_forms WHERE session = $1 AND form_id = $2"


async def release_form(connection: Any, session: bytes, form_id: str) -> None:
    """It was refused and changed nothing: it may be sent again."""
    await connection.execute(RELEASE_FORM, session, form_id)


FORM_LED_TO = "UPDATE sent_forms SET led_to = $3 WHERE session = $1 AND form_id = $2"


async def form_led_to(connection: Any, session: bytes, form_id: str, led_to: str) -> None:
    await connection.execute(FORM_LED_TO, session, form_id, led_to)
