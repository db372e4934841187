"""What TikTok's account side (OAuth, accounts, entities, reports) means by a refusal, and what follows.

The same codes mean other things here than at the Events API: 40067 is a report that asks for too much, and a dead token
answers HTTP 200 with 40105. TikTok's own words always come along.
Source: the developer portal's pages and connectors that live with them, gathered in 2026-11.
"""

import re
from typing import Final, Literal

import msgspec

from tiktok.codes import Answer, Verdict, classify, explain

Kind = Literal["throttled", "transient", "reconnect", "app", "permission", "missing", "too_large", "invalid"]
"""throttled: wait, then ask again; transient: ask again; reconnect: the grant is dead until someone connects anew; app:
the developer app is refused, which says nothing of the grant; permission: this endpoint or advertiser is closed to the
grant, others are not; missing: the advertiser or entity is not there; too_large: ask for less; invalid: the request
itself is wrong."""

_BANNED_COUNTRY: Final = 41000
THROTTLES: Final = frozenset({40016, 40100, 40132, 40133})
_BY_THE_SECOND: Final = frozenset({40016, 40133})  # where the words name no limit
_KINDS: Final[dict[int, Kind]] = {
    **dict.fromkeys(THROTTLES, "throttled"),
    **dict.fromkeys((40102, 40103, 40104, 40105, 40106, 40107, 40109, 40110, 40113, 40114, 40115), "reconnect"),
    # 40119 and 40124: developer and advertiser are not one company, or the developer's profile is not approved
    **dict.fromkeys((40001, 40003, 40117, 40118, 40119, 40124, 40125, 40130, 40131, 40301), "permission"),
    **dict.fromkeys((40007, 40300, 40302), "missing"),
    40067: "too_large",
}
# with 40000, 40002 and 40101 the words decide
_APP_MISMATCH: Final = re.compile(
    r"app_?id is inconsistent|invalid auth_?code|auth_?code.*(expired|used)", re.IGNORECASE
)
_APP_REFUSED: Final = frozenset({40101, 40112, 40116, _BANNED_COUNTRY})
_QUERY_TOO_LARGE: Final = re.compile(r"query is too large", re.IGNORECASE)

REMEDIES: Final[dict[Kind, str]] = {
    "throttled": "Nothing: it is asked again by itself.",
    "transient": "Nothing: it is asked again by itself.",
    "reconnect": "Connect TikTok again (`signalpost tiktok connect`) with an account that is Admin or Operator.",
    "app": "Check TIKTOK_APP_ID and TIKTOK_APP_SECRET against TikTok's developer portal.",
    "permission": "Tick the permission that TikTok's words name for the developer app, then connect again.",
    "missing": "Choose an advertiser that the connected account may use (`signalpost tiktok advertisers`).",
    "too_large": "Nothing: it is asked for in smaller pieces.",
    "invalid": "This is a mistake of Signalpost's: report it with TikTok's words.",
}


class ApiRefused(Exception):
    """TikTok's account side did not do what was asked."""

    def __init__(self, kind: Kind, verdict: Verdict) -> None:
        super().__init__(verdict.message)
        self.kind: Kind = kind
        self.verdict = verdict
        """TikTok's code, words and request id; which limit was met, and the wait it asked for."""

    @property
    def remedy(self) -> str:
        known = explain(_BANNED_COUNTRY) if self.verdict.code == _BANNED_COUNTRY else None
        return known.remedy if known else REMEDIES[self.kind]

    @property
    def words(self) -> str:
        """TikTok's code and words in one line."""
        code = self.verdict.code
        return f"{code}: {self.verdict.message}" if code is not None else self.verdict.message


def refusal_of(answer: Answer) -> ApiRefused | None:
    """None where TikTok did what was asked."""
    verdict = classify(answer)
    if verdict.outcome == "delivered" and verdict.code is not None:
        return None
    kind = _kind(verdict)
    if kind == "throttled" and verdict.throttle is None and verdict.code in _BY_THE_SECOND:
        verdict = msgspec.structs.replace(verdict, throttle="qps")
    return ApiRefused(kind, verdict)


def not_whole(answer: Answer) -> ApiRefused | None:
    """The same of a question: what is answered in part (20001), or not this time (40050), tells nothing, as what is
    missing in it would be taken for gone. It is asked again.
    """
    if (refused := refusal_of(answer)) is not None:
        return refused
    verdict = classify(answer)
    return None if verdict.code == 0 else ApiRefused("transient", verdict)


def _kind(verdict: Verdict) -> Kind:
    code = verdict.code
    if code is None:
        return _kind_without_code(verdict)
    if code in _KINDS:
        return _KINDS[code]
    if _QUERY_TOO_LARGE.search(verdict.message):
        return "too_large"
    if _APP_MISMATCH.search(verdict.message):
        return "reconnect"
    if code in _APP_REFUSED:
        return "app"
    return "transient" if verdict.outcome in ("transient", "unknown") else "invalid"


def _kind_without_code(verdict: Verdict) -> Kind:
    """An answer that is not TikTok's: what stands before it, or no answer at all."""
    if verdict.outcome == "throttled":
        return "throttled"
    if verdict.outcome == "setup":
        return "reconnect" if "token" in verdict.message else "permission"
    return "transient"
