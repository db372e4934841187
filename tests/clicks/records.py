"""Records of single visits, with nothing shared: what a redirector writes for the first clicks of an ad."""

import msgspec

from clicks.cut_query import cut_own, cut_ttclid
from clicks.record import RecordCodec
from clicks.record_layout import IPV6, PREFIX_SHIFT, TTP_GENERATED, assemble
from clicks.record_strings import ad_text, visitor_text

CODEC = RecordCodec()


class Visit(msgspec.Struct, frozen=True):
    """What of a visit goes into a record; `random` is the click id's last 5 bytes, `platform` an index of PLATFORMS."""

    random: bytes
    platform: int
    ip: bytes  # 4 or 16 bytes
    link: bytes
    app_id: bytes
    user_agent: bytes
    languages: bytes
    query: bytes
    ttp: bytes | None  # the cookie; None = generated, see `generated_ttp`


def encode(visit: Visit, codec: RecordCodec = CODEC) -> bytes:
    """The record of a click."""
    cut = cut_ttclid(visit.query)
    shared, own = cut_own(cut.shared, visit.ip, visit.user_agent)
    flags = visit.platform | cut.prefix << PREFIX_SHIFT
    flags |= (IPV6 if len(visit.ip) == 16 else 0) | (TTP_GENERATED if visit.ttp is None else 0)
    visitor = codec.text(visitor_text(visit.user_agent, visit.languages))
    ad = codec.text(ad_text(visit.link, visit.app_id, shared))
    return assemble(visit.random, flags, visit.ip + cut.packed, visitor, ad) + codec.own(visit.ttp or b"", own)
