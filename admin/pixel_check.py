"""Asking TikTok whether a pixel's token works, before it is believed."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from admin.refusal import Refused
from admin.session import Session
from ledger.pixel_state import hold, resume
from ledger.pixels import Pixel, token_record
from tiktok.codes import Answer, Verdict
from tiktok.events_api import EventsApi, events_client
from tiktok.validation import PixelUnderTest, refusal, send_test_event

VALIDATION_EVENT = "ViewContent"


@dataclass(frozen=True, slots=True)
class Checked:
    """TikTok's answer to a test event."""

    answer: Answer
    verdict: Verdict

    def shown(self) -> dict[str, Any]:
        return {
            "outcome": self.verdict.outcome,
            "status": self.answer.status,
            "code": self.verdict.code,
            "message": self.verdict.message,
            "request_id": self.verdict.request_id,
            "ms": self.answer.ms,
        }


async def ask_tiktok(session: Session, pixel: PixelUnderTest, event: str = VALIDATION_EVENT) -> Checked:
    """One test event, whatever comes of it."""
    async with events_client() as client:
        api = EventsApi(client, session.settings.tiktok_api_url, version=session.settings.tiktok_version("events"))
        return Checked(*await send_test_event(api, pixel, event, int(time.time())))


def stored_pixel(session: Session, pixel: Pixel) -> PixelUnderTest:
    """Raises:
    SecretError: the stored token does not open with the present SECRET_KEY.
    """
    return PixelUnderTest(
        code=pixel.code,
        token=session.keyring.decrypt(pixel.token_encrypted, token_record(pixel.pixel_id)),
        test_event_code=pixel.test_event_code,
        page_url=session.settings.public_base,
    )


async def validate_new(session: Session, code: str, token: str, test_event_code: str) -> None:
    """Raises:
    Refused: TikTok does not take this token for this pixel, or could not be asked.
    """
    pixel = PixelUnderTest(
        code=code, token=token, test_event_code=test_event_code, page_url=session.settings.public_base
    )
    problem = refusal((await ask_tiktok(session, pixel)).verdict)
    if problem:
        raise Refused(f"token: {problem.rstrip('.')}. Nothing is saved; --no-validate saves it unchecked")


async def validate_stored(session: Session, pixel: Pixel) -> Checked:
    """Ask TikTok; a pixel that works resumes at once, one whose set-up is refused is held.

    Raises:
        Refused: it does not work, or TikTok could not be asked (then its state stays as it is).
    """
    checked = await ask_tiktok(session, stored_pixel(session, pixel))
    problem = refusal(checked.verdict)
    if problem is None:
        await resume(session.database, pixel.ref)
        return checked
    if checked.verdict.outcome == "setup":
        await hold(session.database, pixel.ref, problem, datetime.now(UTC))
    raise Refused(f"{pixel.pixel_id}: {problem}")
