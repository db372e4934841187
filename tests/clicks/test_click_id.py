import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from clicks.click_id import ALPHABET, LENGTH, ClickId, click_ids_in, parse_click_id, unpack_click_id

ids = st.builds(
    ClickId,
    at_ms=st.integers(0, 2**42 - 1),
    address_hash=st.integers(0, 2**46 - 1),
    random=st.binary(min_size=5, max_size=5),
)


@given(ids)
def test_an_id_comes_back_from_its_text_and_from_its_bytes(click_id: ClickId) -> None:
    text = click_id.text()
    assert len(text) == LENGTH
    assert set(text) <= set(ALPHABET)
    assert parse_click_id(text) == click_id
    assert unpack_click_id(click_id.pack()) == click_id
    assert len(click_id.pack()) == 16


@given(ids, ids)
def test_ids_sort_by_time(one: ClickId, other: ClickId) -> None:
    assume(one.at_ms != other.at_ms)
    assert (one.text() < other.text()) == (one.at_ms < other.at_ms)


@given(ids, ids)
def test_different_ids_have_different_texts(one: ClickId, other: ClickId) -> None:
    assert (one == other) == (one.text() == other.text())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("0" * 21, id="short"),
        pytest.param("0" * 23, id="long"),
        pytest.param("0" * 21 + "-", id="foreign character"),
        pytest.param("0" * 21 + "é", id="not ASCII"),
        pytest.param("0" * 21 + "٣", id="Arabic digit"),
        pytest.param(" " + "0" * 21, id="space"),
        pytest.param("z" * 22, id="both halves above 64 bits"),
        pytest.param("z" * 11 + "0" * 11, id="high half above 64 bits"),
        pytest.param("0" * 11 + "z" * 11, id="low half above 64 bits"),
    ],
)
def test_text_that_cannot_be_one_of_ours_is_none(text: str) -> None:
    assert parse_click_id(text) is None


@given(st.text(max_size=30))
def test_no_text_raises_and_what_is_read_is_written_back(text: str) -> None:
    parsed = parse_click_id(text)
    assert parsed is None or parsed.text() == text


ONE, OTHER = ClickId(1_796_000_000_000, 7, b"first").text(), ClickId(1_796_000_000_001, 8, b"other").text()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (ONE, [ONE]),
        (f"click_id={ONE}&utm_source=tiktok", [ONE]),
        (f"utm_source=tiktok&click_id={ONE}", [ONE]),
        (f"click_id%3D{ONE}%26utm_source%3Dtiktok", [ONE]),
        (f"click_id%253d{ONE}%2526utm_source", [ONE]),
        (f"click_id={ONE}&click_id={OTHER}", [ONE, OTHER]),
        (f"link_click_id={ONE}", []),
        (f"click_id={ONE}x", []),
        (f"gclid={ONE}", []),
        (f"click_id={'z' * 22}", []),
        ("utm_source=google-play&utm_medium=organic", []),
        ("", []),
    ],
)
def test_every_id_that_a_referrer_names_is_found(text: str, found: list[str]) -> None:
    assert click_ids_in(text) == found
