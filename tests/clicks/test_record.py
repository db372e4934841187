"""Records: what goes in comes out byte for byte, in few bytes, whatever program version wrote them."""

import json
import random
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clicks.address import address_text
from clicks.click_id import ClickId
from clicks.macros import MACRO_PARAMETERS, read_macros
from clicks.record import PLATFORMS, Click, RecordCodec, generated_ttp, pointer
from clicks.record_layout import POINTER
from tests.clicks.records import Visit, encode
from tests.clicks.visits import made_up_visit

CODEC = RecordCodec()
AT_MS = 1_800_000_000_123
ADDRESS_HASH = 0x2BCDEF012345
# a URL holds no control character and no space, a header no control character
URL_BYTES = st.binary(max_size=400).map(lambda raw: bytes(byte for byte in raw if byte > 0x20 and byte != 0x7F))
HEADER_BYTES = st.binary(max_size=300).map(lambda raw: bytes(byte for byte in raw if byte >= 0x20 and byte != 0x7F))
MACRO_FIELDS = {name: name for name in MACRO_PARAMETERS if not name.endswith("_v2")}
MACRO_FIELDS |= {name: name for name in ("ttclid", "creative_id", "creative_name")}
MACRO_FIELDS |= {"ip": "macro_ip", "ua": "macro_user_agent"}
SLUG = st.text("abcXYZ019_-", min_size=1, max_size=64).map(str.encode)
TOKEN = st.text("abcXYZ019_-", min_size=1, max_size=1_100)
TTCLID = st.builds(str.__add__, st.sampled_from(["E.C.P.", "E_C_P_", "E.C.P", "", "x"]), TOKEN).map(str.encode)
QUERY = st.one_of(
    URL_BYTES,
    st.builds(
        lambda *parts: b"".join(parts), URL_BYTES, st.sampled_from([b"&", b""]), st.just(b"ttclid="), TTCLID, URL_BYTES
    ),
    st.builds(lambda one, two: b"ttclid=" + one + b"&ad_id=1&ttclid=" + two, TTCLID, TTCLID),
    st.builds(
        lambda ip, one, two: b"ad_id=7&ip=" + ip + b"&ttclid=" + one + b"&ttclid=" + two + b"&ttclid=__CLICKID__",
        st.sampled_from([b"__IP__", b"203.0.113.7", b""]),
        st.sampled_from([b"__CLICKID__", b"", b"abc"]),
        TTCLID,
    ),
)
VISITS = st.builds(
    Visit,
    random=st.binary(min_size=5, max_size=5),
    platform=st.sampled_from(range(len(PLATFORMS))),
    ip=st.one_of(st.binary(min_size=4, max_size=4), st.binary(min_size=16, max_size=16)),
    link=SLUG,
    app_id=SLUG,
    user_agent=HEADER_BYTES,
    languages=HEADER_BYTES,
    query=QUERY,
    ttp=st.one_of(st.none(), st.just(b""), SLUG),
)


def read(record: bytes) -> Click:
    return CODEC.decode(record, AT_MS, ADDRESS_HASH)


def header_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def without_unicode_controls(text: str) -> str:
    return "".join(c for c in text if not 0x7F <= ord(c) <= 0x9F and c not in "\u2028\u2029\ufeff")


@given(VISITS)
def test_what_goes_in_comes_out(visit: Visit) -> None:
    click = read(encode(visit))
    assert click.query.encode("latin-1") == visit.query
    assert click.user_agent == without_unicode_controls(header_text(visit.user_agent))
    assert click.languages == without_unicode_controls(header_text(visit.languages))
    assert (click.link, click.app_id) == (visit.link.decode(), visit.app_id.decode())
    assert click.platform == PLATFORMS[visit.platform]
    assert click.ip == address_text(visit.ip)
    assert click.at_ms == AT_MS
    assert click.click_id == ClickId(AT_MS, ADDRESS_HASH, visit.random).text()
    assert click.ttp == (generated_ttp(click.click_id) if visit.ttp is None else visit.ttp.decode() or None)


@given(st.lists(VISITS, min_size=1, max_size=5))
def test_what_is_read_once_for_many_is_what_each_query_says(visits: list[Visit]) -> None:
    codec = RecordCodec()
    for visit in [*visits, *visits]:
        click = codec.decode(encode(visit, codec), AT_MS, ADDRESS_HASH)
        said = read_macros(visit.query)
        assert click.macros_unexpanded == said.unexpanded
        assert {
            name: getattr(click, field) for name, field in MACRO_FIELDS.items() if getattr(click, field)
        } == said.values


@given(prefix=st.sampled_from(["E.C.P.", "E_C_P_"]), token=TOKEN)
@example(prefix="E.C.P.", token="a" * 17)  # one character more than whole groups of four
@example(prefix="E_C_P_", token="-" * 994)
def test_a_ttclid_of_either_shape_comes_out_byte_for_byte(prefix: str, token: str) -> None:
    query = f"ad_id=1&ttclid={prefix}{token}&x=2".encode()
    click = read(encode(visit_with(query=query)))
    assert click.query.encode() == query
    assert click.ttclid == (prefix + token if len(prefix + token) <= 1_000 else None)


def visit_with(query: bytes = b"", ip: bytes = bytes(4), ttp: bytes | None = None) -> Visit:
    return Visit(b"12345", 0, ip, b"spring", b"app_1", b"Mozilla/5.0", b"en", query, ttp)


def test_2000_usual_visits_take_at_most_400_bytes_each() -> None:
    rng = random.Random(20260101)
    sizes = [len(encode(made_up_visit(rng))) for _ in range(2_000)]
    assert sum(sizes) / len(sizes) <= 400


def test_a_pointer_is_17_bytes_and_no_record() -> None:
    record = pointer(ClickId(AT_MS, ADDRESS_HASH, b"12345"))
    assert len(record) == 17
    assert record[0] == POINTER != encode(visit_with())[0]


def test_a_generated_ttp_looks_like_tiktoks_and_follows_from_the_click() -> None:
    ttp = generated_ttp("0" * 22)
    assert ttp == generated_ttp("0" * 22) != generated_ttp("0" * 21 + "1")
    assert len(ttp) == 27
    assert ttp.isalnum()


def test_the_codec_of_one_process_reads_what_another_wrote() -> None:
    visit = made_up_visit(random.Random(1))
    assert RecordCodec().decode(encode(visit), AT_MS, ADDRESS_HASH) == read(encode(visit))


WRITTEN = json.loads((Path(__file__).parents[1] / "data" / "click-records.json").read_text())


@pytest.mark.parametrize("row", WRITTEN, ids=[row["name"] for row in WRITTEN])
def test_a_record_written_by_an_earlier_version_stays_readable(row: dict[str, object]) -> None:
    told = msgspec.convert(row.get("texts", {}), dict[str, str])
    texts = {bytes.fromhex(reference): text.encode("latin-1") for reference, text in told.items()}
    record, at_ms, address_hash = (
        bytes.fromhex(str(row["record"])),
        int(str(row["at_ms"])),
        int(str(row["address_hash"])),
    )
    assert CODEC.decode(record, at_ms, address_hash, texts) == msgspec.convert(row["click"], Click)


AGENT = b"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6_2 like Mac OS X) AppleWebKit/605.1.15 musical_ly_43.0.0"


@pytest.mark.parametrize(
    ("address", "agent", "shortened"),
    [
        (b"203.0.113.7", quote_plus(AGENT).encode(), True),
        (b"203.0.113.7", quote(AGENT, safe="").encode(), True),
        (b"203.0.113.8", quote_plus(AGENT).encode().lower(), False),
        (b"203.000.113.7", AGENT[:20], False),
        (b"__IP__", b"__UA__", False),
    ],
    ids=["form-encoded", "percent-encoded", "other address, other case", "odd spelling", "unexpanded"],
)
def test_macros_that_repeat_the_visit_come_out_byte_for_byte_and_take_no_room(
    address: bytes, agent: bytes, shortened: bool
) -> None:
    query = b"campaign_id=1&ip=" + address + b"&ua=" + agent + b"&ip=203.0.113.7&x=1"
    visit = Visit(b"12345", 0, bytes((203, 0, 113, 7)), b"spring", b"app_1", AGENT, b"en", query, None)
    record = encode(visit)
    assert read(record).query.encode() == query
    under_other_names = query.replace(b"&ip=", b"&iq=").replace(b"&ua=", b"&ub=")
    plain = encode(msgspec.structs.replace(visit, query=under_other_names))
    assert (len(record) + 20 < len(plain)) is shortened
