"""Play's referrer, as stores hand it over."""

from urllib.parse import quote

import pytest

from forwarder.matching.play_referrer import GOOGLE_ADS, NO_REFERRER, OTHER_NETWORK, parse_referrer

ID = "8yCxObZ3ye45c4Mukdc5W1"
ONCE = f"click_id={ID}&utm_source=tiktok&utm_medium=paid&utm_campaign=Spring%20%26%20all"


@pytest.mark.parametrize(
    "text",
    [
        ONCE,
        quote(ONCE, safe=""),
        quote(quote(ONCE, safe=""), safe=""),
        f"utm_source=tiktok&click_id={ID}",
        f"click_id={ID}",
    ],
    ids=["decoded", "encoded once", "encoded twice", "not first", "alone"],
)
def test_the_click_id_is_found_however_often_the_referrer_is_encoded(text: str) -> None:
    assert parse_referrer(text).click_id == ID


@pytest.mark.parametrize(
    "text",
    [
        f"?{ONCE}",
        f'"{ONCE}"',
        f"referrer={quote(ONCE, safe='')}",
        f"https://play.google.com/store/apps/details?id=com.example&referrer={quote(ONCE, safe='')}",
        f"market://details?id=com.example&referrer={ONCE}",
        f"utm_source=tiktok&utm_content={quote(ONCE, safe='')}",
        ONCE.replace("&", "%26"),
        ONCE.replace("&", ";"),
        ONCE.replace("&", " & "),
        f"click_id=another&utm_content=click_id%3D{ID}",
    ],
)
def test_the_click_id_is_found_whatever_stands_around_it(text: str) -> None:
    assert parse_referrer(text).click_id == ID


@pytest.mark.parametrize(
    "text", [f"my_click_id={ID}", f"click_id={ID}0", f"utm_content=adjust_click_id%3D{ID}", f"utm_content={ID}"]
)
def test_what_only_looks_like_our_click_id_is_none(text: str) -> None:
    assert parse_referrer(text).click_id != ID


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, NO_REFERRER),
        ("", NO_REFERRER),
        (" ", NO_REFERRER),
        ("utm_source=google-play&utm_medium=organic", "organic by the store's word"),
        ("utm_source%3Dgoogle-play%26utm_medium%3Dorganic", "organic by the store's word"),
        ("utm_source=(not%20set)&utm_medium=(not%20set)", "the store lost the referrer: (not set)"),
        ("gclid=Cj0&click_id=" + ID, GOOGLE_ADS),
        ("gbraid%3Dabc", GOOGLE_ADS),
        ("referrer=gclid%3DCj0", GOOGLE_ADS),
        ("https://play.google.com/store/apps/details?id=com.example&referrer=gclid%3DCj0%26utm_source%3Dg", GOOGLE_ADS),
        ("my_gclid=x", "no click id in the referrer"),
        ("?utm_source=google-play&utm_medium=organic", "organic by the store's word"),
        ('"utm_source=google-play&utm_medium=organic"', "organic by the store's word"),
        ("referrer=utm_source%3Dgoogle-play%26utm_medium%3Dorganic", "organic by the store's word"),
        ("utm_source=google-play&utm_medium=organic&referrer=x", "organic by the store's word"),
        ("market://details?id=com.example&referrer=fbclid%3DIwAR0", OTHER_NETWORK),
        ("?adjust_reftag=cabc", OTHER_NETWORK),
        ("adjust_reftag=cabc&utm_source=TikTok+SAN", OTHER_NETWORK),
        ("adjust_external_click_id%3DE.C.P.x", OTHER_NETWORK),
        ("af_tranid=9a&pid=othernet_int&c=x", OTHER_NETWORK),
        ("utm_source=snap&ScCid=7d", OTHER_NETWORK),
        ("fbclid=IwAR0", OTHER_NETWORK),
        ('utm_source=apps.facebook.com&utm_content={"source":{"data":"5f","nonce":"1c"}}', OTHER_NETWORK),
        ("fbclid=", "no click id in the referrer"),
        ("utm_source=newsletter", "no click id in the referrer"),
        ("click_id=", "no click id in the referrer"),
        ("%%%&=&&", "no click id in the referrer"),
        ("x" * 4000, "no click id in the referrer"),
    ],
)
def test_a_referrer_without_a_click_id_says_what_it_is(text: str | None, reason: str) -> None:
    assert parse_referrer(text).click_id is None
    assert parse_referrer(text).reason == reason


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (ONCE, "named"), (None, "absent"), ("utm_source=google-play&utm_medium=organic", "organic"),
        ("utm_source=(not set)&utm_medium=(not set)", "lost"), ("utm_source=newsletter", "unnamed"),
        ("gclid=x", "elsewhere"), ("fbclid=x", "elsewhere"),
    ],
)  # fmt: skip
def test_only_a_click_id_is_proof(text: str | None, kind: str) -> None:
    assert parse_referrer(text).kind == kind


def test_our_click_id_comes_before_another_networks_and_behind_google_ads() -> None:
    assert parse_referrer(f"fbclid=x&click_id={ID}").click_id == ID
    assert parse_referrer(f"click_id={ID}&gclid=x").kind == "elsewhere"


@pytest.mark.parametrize(
    "text",
    [
        f"click_id={ID}&utm_source=tiktok&click_id=another",
        f"click_id=another&click_id={ID}",
        f"click_id={ID}&click_id={'z' * 21}0",
        f"click_id=&click_id={ID}",
        f"click_id%3D{ID}%26click_id%3Danother",
    ],
)
def test_of_several_ids_the_first_that_can_be_ours_counts(text: str) -> None:
    assert parse_referrer(text).click_id == ID


def test_an_id_that_cannot_be_ours_is_named_as_it_came() -> None:
    assert parse_referrer("click_id=one&click_id=two").click_id == "one"
