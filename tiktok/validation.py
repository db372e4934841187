"""One event under a test event code: does TikTok take this token for this pixel?"""

import secrets

import msgspec

from tiktok.codes import Answer, Verdict, classify, explain
from tiktok.events_api import EventsApi
from tiktok.payload import Conversion, event_row, request_body

# Events Manager makes codes of this form; events under a code of nobody's count nowhere.
_MADE_CODE = "TEST{:05d}"
_USER_AGENT = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36"


class PixelUnderTest(msgspec.Struct, frozen=True, kw_only=True):
    """What is tried: a token at a pixel."""

    code: str
    """The pixel code, TikTok's `event_source_id`."""
    token: str
    test_event_code: str = ""
    """The pixel's own; empty = one is made up, so that nothing is ever counted."""
    page_url: str
    """The redirector's base: the page the event is said to have happened on."""


async def send_test_event(api: EventsApi, pixel: PixelUnderTest, event: str, now_s: int) -> tuple[Answer, Verdict]:
    """TikTok's answer to one `event` at `now_s` (Unix seconds), and what it means. Never raises for what it says."""
    conversion = Conversion(
        event=event,
        event_id=f"signalpost-test-{secrets.token_hex(8)}",
        event_time=now_s,
        external_id="signalpost-test",
        user_agent=_USER_AGENT,
        page_url=pixel.page_url,
    )
    row = msgspec.Raw(msgspec.json.encode(event_row(conversion).body))
    test_event_code = pixel.test_event_code or _MADE_CODE.format(secrets.randbelow(100_000))
    answer = await api.track(pixel.token, request_body(pixel.code, [row], test_event_code))
    return answer, classify(answer)


def refusal(verdict: Verdict) -> str | None:
    """Why the pixel cannot be called healthy, naming the code and the way out; None where TikTok took the event."""
    if verdict.outcome == "delivered":
        return None
    said = f"{verdict.code}: {verdict.message}" if verdict.code is not None else verdict.message
    if verdict.outcome == "setup":
        explanation = explain(verdict.code, verdict.message)
        return f"TikTok refuses this token or pixel ({said})" + (f". {explanation.remedy}" if explanation else "")
    if verdict.outcome == "invalid":
        return f"TikTok refuses the test event ({said})"
    return f"TikTok could not be asked ({said}): try again in a minute"
