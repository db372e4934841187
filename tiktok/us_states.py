"""Postal codes of the United States' states: TikTok asks for a state's two letters where it has them."""

from typing import Final

# The US Postal Service's code, then the name as `identifiers.place` writes it (lower case, no spaces).
_STATES: Final = (
    "al alabama, ak alaska, az arizona, ar arkansas, ca california, co colorado, ct connecticut, de delaware",
    "dc districtofcolumbia, fl florida, ga georgia, hi hawaii, id idaho, il illinois, in indiana, ia iowa, ks kansas",
    "ky kentucky, la louisiana, me maine, md maryland, ma massachusetts, mi michigan, mn minnesota, ms mississippi",
    "mo missouri, mt montana, ne nebraska, nv nevada, nh newhampshire, nj newjersey, nm newmexico, ny newyork",
    "nc northcarolina, nd northdakota, oh ohio, ok oklahoma, or oregon, pa pennsylvania, ri rhodeisland",
    "sc southcarolina, sd southdakota, tn tennessee, tx texas, ut utah, vt vermont, va virginia, wa washington",
    "wv westvirginia, wi wisconsin, wy wyoming",
)

CODE_BY_NAME: Final[dict[str, str]] = {
    name: code for row in _STATES for code, name in (pair.split() for pair in row.split(","))
}
