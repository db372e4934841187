from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clicks.macros import MACRO_PARAMETERS, Macros, clean_text, is_unexpanded, read_macros

GENERATED = (
    "campaign_id=__CAMPAIGN_ID__&campaign_name=__CAMPAIGN_NAME__&adgroup_id=__AID__&adgroup_name=__AID_NAME__"
    "&ad_id=__CID__&ad_name=__CID_NAME__&ad_id_v2=__ADID_V2__&ad_name_v2=__ADID_V2_NAME__"
    "&placement=__PLACEMENT__&callback=__CALLBACK_PARAM__&ip=__IP__&ua=__UA__"
)


def test_a_link_opened_without_an_ad_has_every_macro_unexpanded() -> None:
    assert read_macros(GENERATED.encode()) == Macros({}, MACRO_PARAMETERS)


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [
        pytest.param("campaign_name=Spring+Sale", "campaign_name", "Spring Sale", id="space as plus"),
        pytest.param("campaign_name=Spring%20Sale", "campaign_name", "Spring Sale", id="space as %20"),
        pytest.param("campaign_name=a%2Bb", "campaign_name", "a+b", id="plus"),
        pytest.param("ad_name=01+%E7%9A%84", "ad_name", "01 的", id="Chinese"),
        pytest.param("ad_name=%F0%9F%8E%AE", "ad_name", "🎮", id="emoji"),
        pytest.param("ad_name=%25AB", "ad_name", "%AB", id="decoded once"),
        pytest.param("ad_name=a%ffb", "ad_name", "a\ufffdb", id="bad UTF-8"),
        pytest.param("ad_name=a%zzb%", "ad_name", "a%zzb%", id="bad escapes"),
        pytest.param("ad_name=a%00%0d%0a%1b%7fb", "ad_name", "ab", id="control characters"),
        pytest.param("ad_name=a%E2%80%A8b", "ad_name", "ab", id="line separator"),
        pytest.param("ad_name=a=b=c", "ad_name", "a=b=c", id="equals signs"),
        pytest.param("%61d_name=x", "ad_name", "x", id="encoded name"),
        pytest.param("ad_name=&ad_name=x", "ad_name", "x", id="an empty one does not win"),
        pytest.param("ad_name=__CID_NAME__&ad_name=x", "ad_name", "x", id="an unexpanded one does not win"),
        pytest.param("ad_name=x&ad_name=y", "ad_name", "x", id="the first real value wins"),
        pytest.param("placement=TikTok", "placement", "TikTok", id="placement"),
        pytest.param("callback=E.C.P.B-_", "callback", "E.C.P.B-_", id="callback"),
        pytest.param("ip=2001%3Adb8%3A%3A1", "ip", "2001:db8::1", id="address"),
        pytest.param("ad_name=__proto__x", "ad_name", "__proto__x", id="underscores of a name"),
        pytest.param("ad_name=__CID_NAME__+v2", "ad_name", "__CID_NAME__ v2", id="half expanded is a value"),
        pytest.param("ad_name=_v1_", "ad_name", "_v1_", id="single underscores of a name"),
        pytest.param("ttclid=E.C.P.a%2Bb", "ttclid", "E.C.P.a+b", id="ttclid percent-decoded once"),
        pytest.param("ttclid=E.C.P.a+b", "ttclid", "E.C.P.a+b", id="a plus in a ttclid stays one"),
        pytest.param("ttclid=__CLICKID__&ttclid=E_C_P_x", "ttclid", "E_C_P_x", id="ttclid twice"),
        pytest.param("ttclid=" + "a" * 1_000, "ttclid", "a" * 1_000, id="ttclid of 1,000"),
    ],
)
def test_a_value(query: str, name: str, value: str) -> None:
    macros = read_macros(query.encode())
    assert (macros.values, macros.unexpanded, macros.ttclid_refused) == ({name: value}, (), False)


@pytest.mark.parametrize(
    "value",
    [
        "__CAMPAIGN_NAME__",
        "__callback_param__",
        "__CID_NAME__|__CID__",
        "__CID_NAME__ - __CID__",
        "_CAMPAIGN_ID_",
        "_CAMPAIGN_NAME_",
        "_AID_",
        "_AID_NAME_",
        "_CID_",
        "_CID_NAME_",
        "_PLACEMENT_",
        "_cid_",
        "__ADID_V2__",
        "__adid_v2_name__",
        "__UA1__",
        "__CLICKID__",
    ],
)
def test_a_macro_as_it_stands_in_the_link_is_unexpanded(value: str) -> None:
    assert is_unexpanded(value)
    assert read_macros(f"ad_name={quote_plus(value)}".encode()) == Macros({}, ("ad_name",))


@pytest.mark.parametrize(
    "value",
    ["", "x", "__", "____", "a__CID__", "__CID__1", "_", "_SPRING_", "|", "snake_case", "__proto__", "__Spring__"],
)
def test_other_values_are_not_unexpanded(value: str) -> None:
    assert not is_unexpanded(value)


@pytest.mark.parametrize(
    "raw",
    ["a" * 1_001, "a" * 5_000, "%C3%A9", "%00", "a%0d%0ab", "a%7fb", "é"],
    ids=["1,001", "5,000", "not ASCII", "NUL", "CR LF", "DEL", "raw not ASCII"],
)
def test_a_ttclid_that_is_too_long_or_not_printable_is_absent_and_said(raw: str) -> None:
    assert read_macros(f"ttclid={raw}".encode()) == Macros({}, (), ttclid_refused=True)


@pytest.mark.parametrize(
    "query", ["", "&", "&&=", "=x", "ttclid", "ttclid=", "ttclid[]=a", "TTCLID=a", "xttclid=a", "utm_source=x"]
)
def test_what_is_no_known_parameter_or_empty_says_nothing(query: str) -> None:
    assert read_macros(query.encode()) == Macros({})


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("campaign_id=1&amp;ad_id=2&amp;ttclid=E.C.P.x", {"campaign_id": "1", "ad_id": "2", "ttclid": "E.C.P.x"}),
        ("&amp;ad_id=2", {"ad_id": "2"}),
        ("campaign_id=1&ad_id=2?ttclid=E.C.P.x", {"campaign_id": "1", "ad_id": "2", "ttclid": "E.C.P.x"}),
        ("?ttclid=E.C.P.x", {"ttclid": "E.C.P.x"}),
        ("campaign_name=What?&ad_name=Why?not=1", {"campaign_name": "What?", "ad_name": "Why?not=1"}),
        ("campaign_name=a%26amp%3Bb", {"campaign_name": "a&amp;b"}),
    ],
)
def test_a_link_that_was_pasted_wrongly_is_read(query: str, values: dict[str, str]) -> None:
    assert read_macros(query.encode()).values == values


AD, NAMED, V2, V2_NAMED = "ad_id=7", "ad_name=Hook", "ad_id_v2=9", "ad_name_v2=Whole+ad"


@pytest.mark.parametrize(
    ("query", "values"),
    [
        pytest.param([AD, NAMED], {"ad_id": "7", "ad_name": "Hook"}, id="a link without the new macros"),
        pytest.param(
            [AD, NAMED, "ad_id_v2=__ADID_V2__", "ad_name_v2=__ADID_V2_NAME__"],
            {"ad_id": "7", "ad_name": "Hook"},
            id="the new ones unexpanded",
        ),
        pytest.param(
            [AD, NAMED, "ad_id_v2=7", "ad_name_v2=Hook"], {"ad_id": "7", "ad_name": "Hook"}, id="both are the ad"
        ),
        pytest.param(
            [AD, NAMED, V2, V2_NAMED],
            {"ad_id": "9", "ad_name": "Whole ad", "creative_id": "7", "creative_name": "Hook"},
            id="Upgraded Smart+",
        ),
        pytest.param(
            [V2_NAMED, V2, NAMED, AD],
            {"ad_id": "9", "ad_name": "Whole ad", "creative_id": "7", "creative_name": "Hook"},
            id="in another order",
        ),
        pytest.param(
            [AD, NAMED, V2],
            {"ad_id": "9", "creative_id": "7", "creative_name": "Hook"},
            id="a creative's name is not its ad's",
        ),
        pytest.param([V2, V2_NAMED], {"ad_id": "9", "ad_name": "Whole ad"}, id="only the new ones"),
        pytest.param(
            ["ad_id=__CID__", "ad_name=__CID_NAME__", V2, V2_NAMED],
            {"ad_id": "9", "ad_name": "Whole ad"},
            id="the old ones unexpanded",
        ),
        pytest.param([NAMED, V2], {"ad_id": "9", "ad_name": "Hook"}, id="one id, one name"),
        pytest.param([AD, V2_NAMED], {"ad_id": "7", "ad_name": "Whole ad"}, id="the other id, the other name"),
    ],
)
def test_the_ad_is_told_from_its_creative(query: list[str], values: dict[str, str]) -> None:
    assert read_macros("&".join(query).encode()).values == values


def test_ten_thousand_parameters_are_read() -> None:
    query = b"x=1&" * 10_000 + b"ad_id=1"
    assert read_macros(query).values == {"ad_id": "1"}


@given(st.binary())
def test_no_bytes_raise(query: bytes) -> None:
    read_macros(query)


@given(st.sampled_from([*MACRO_PARAMETERS, "ttclid"]), st.binary(max_size=60))
def test_no_value_raises_and_none_holds_a_control_character(name: str, raw: bytes) -> None:
    macros = read_macros(name.encode() + b"=" + raw)
    assert not macros.values.keys() & {"ad_id_v2", "ad_name_v2"}
    for value in macros.values.values():
        assert value == clean_text(value)
    assert name not in macros.values or name not in macros.unexpanded


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=60))
def test_a_name_comes_out_as_the_advertiser_wrote_it(name: str) -> None:
    expected = clean_text(name).strip()
    for encode in (quote, quote_plus):
        macros = read_macros(f"ad_name={encode(name)}".encode())
        if expected and not is_unexpanded(expected):
            assert macros.values == {"ad_name": expected}
