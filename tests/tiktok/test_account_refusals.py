"""What TikTok's account side means by a refusal: the code first, then its words."""

import msgspec
import pytest

from tiktok.account_refusals import REMEDIES, Kind, not_whole, refusal_of
from tiktok.codes import Answer


def said(code: int, message: str = "no", **answer: int) -> Answer:
    body = msgspec.json.encode({"code": code, "message": message, "request_id": "R"})
    return Answer(status=200, body=body, **answer)


@pytest.mark.parametrize("code", [0, 20001])
def test_what_was_done_is_no_refusal(code: int) -> None:
    assert refusal_of(said(code)) is None


@pytest.mark.parametrize("code", [20001, 40050])
def test_a_question_that_is_answered_in_part_is_asked_again(code: int) -> None:
    refused = not_whole(said(code))
    assert refused is not None
    assert (refused.kind, refused.verdict.code) == ("transient", code)
    assert not_whole(said(0)) is None
    dead = not_whole(said(40105))
    assert dead is not None
    assert dead.kind == "reconnect"


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (40105, "Access token is incorrect or has been revoked.", "reconnect"),
        (40102, "Access token expired", "reconnect"),
        (40113, "App forbidden", "reconnect"),
        (40110, "Auth_code is used, please authorize again.", "reconnect"),
        (40107, "Invalid refresh token", "reconnect"),
        (40115, "The authentication timestamp has expired.", "reconnect"),
        (40000, "The app_id is inconsistent with the app_id of the access_token.", "reconnect"),
        (40101, "Invalid auth_code.", "reconnect"),
        (40101, "The app_id or secret is incorrect.", "app"),
        (40116, "Signature error", "app"),
        (40001, "advertiser does not grant you /file/video/ad/search/:GET permission", "permission"),
        (40118, "not in the allow list", "permission"),
        (40131, "scope not authorized", "permission"),
        (40124, "developer rejected", "permission"),
        (40300, "Advertiser not exist", "missing"),
        (40016, "The request is temporarily restricted.", "throttled"),
        (40100, "Too many requests (QPM)", "throttled"),
        (40132, "restricted", "throttled"),
        (40133, "restricted", "throttled"),
        (40067, "Your query is too large", "too_large"),
        (40002, "Your query is too large, reduce it", "too_large"),
        (40002, "max time span is 30 days when use stat_time_day", "invalid"),
        (40006, "no schema found", "invalid"),
        (50000, "System error", "transient"),
        (51305, "Service error", "transient"),
        (60001, "maintenance", "transient"),
        (99999, "never seen", "transient"),
    ],
)
def test_a_code_and_its_words_have_a_kind(code: int, message: str, kind: Kind) -> None:
    refused = refusal_of(said(code, message))
    assert refused is not None
    assert (refused.kind, refused.verdict.code, refused.verdict.request_id) == (kind, code, "R")
    assert refused.words == f"{code}: {message}"
    assert refused.remedy == REMEDIES[kind]


def test_a_server_in_a_country_that_tiktok_bans_is_told_so() -> None:
    """It is neither a mistake of Signalpost's nor one of the developer app's."""
    refused = refusal_of(said(41000, "The client IP is on the banned country list."))
    assert refused is not None
    assert (refused.kind, "HTTPS_PROXY" in refused.remedy) == ("app", True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(error="timeout"), "transient"),
        (Answer(error="connect", sent=False), "transient"),
        (Answer(error="token", sent=False), "reconnect"),
        (Answer(status=502, body=b"<html>"), "transient"),
        (Answer(status=403, body=b"<html>"), "permission"),
        (Answer(status=429, body=b"", retry_after_s=7), "throttled"),
        (Answer(status=200, body=b'{"code":'), "transient"),
        (Answer(status=404, body=b"404 page not found"), "transient"),
    ],
    ids=["timeout", "no connection", "an unusable token", "a gateway", "a wall", "a throttle", "torn", "no such path"],
)
def test_an_answer_that_is_not_tiktoks_has_a_kind(answer: Answer, kind: Kind) -> None:
    refused = refusal_of(answer)
    assert refused is not None
    assert refused.kind == kind
    assert refused.verdict.code is None
    assert refused.words


def test_a_throttle_keeps_the_wait_it_was_asked_for() -> None:
    for code in (40016, 40133):
        refused = refusal_of(said(code, "restricted", retry_after_s=7))
        assert refused is not None
        assert (refused.verdict.throttle, refused.verdict.retry_after_s) == ("qps", 7)


def test_a_throttle_whose_words_name_the_limit_goes_by_them() -> None:
    refused = refusal_of(said(40016, "App reaches the QPM limit 600, request is temporarily restricted."))
    assert refused is not None
    assert refused.verdict.throttle == "qpm"


def test_words_do_not_carry_a_token() -> None:
    token = "2b5700268ac04e741f0045e5f5c17f442ad713fb"
    refused = refusal_of(said(40105, f"the token {token} is wrong"))
    assert refused is not None
    assert token not in refused.words + str(refused)
