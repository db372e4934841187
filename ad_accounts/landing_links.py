"""Which Signal link a landing URL is, if any."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

import msgspec

from tiktok.macros import LINK_PARAMETERS

_BEHIND_A_SLUG: Final = " \t/.,)\"'"  # what is no part of it where a link was pasted with it (contract 11)
_PORTS: Final = {"http": 80, "https": 443}
# without these nobody can tell which campaign a click came from; the others are refinements
NEEDED_MACROS: Final = ("__CAMPAIGN_ID__", "__AID__", "__CID__", "__ADID_V2__")


class LandingLink(msgspec.Struct, frozen=True):
    """A landing URL at a host of ours."""

    slug: str
    missing: tuple[str, ...]
    """`parameter=macro` of each that tells campaign, ad group or ad and that the URL lacks."""


def landing_link(url: str, bases: Iterable[str]) -> LandingLink | None:
    """None where the URL is none of ours. `bases`: where Signal links stand (`ledger.sites.link_bases`)."""
    split = _split(url)
    if split is None or _place(split) not in {_place(base) for base in map(_split, bases) if base}:
        return None
    slug = unquote(split.path).lstrip("/").partition("/")[0].strip(_BEHIND_A_SLUG)
    given = dict(parse_qsl(split.query, keep_blank_values=True))
    missing = tuple(
        f"{parameter}={macro}"
        for parameter, macro in LINK_PARAMETERS
        if macro in NEEDED_MACROS and given.get(parameter) != macro
    )
    return LandingLink(slug, missing)


def _split(url: str) -> SplitResult | None:
    try:
        split = urlsplit(url.strip())
        return split if split.hostname and split.port is not False else None
    except ValueError:
        return None


def _place(split: SplitResult) -> tuple[str, int | None]:
    """Host and port. A redirector that is reached by http is reached by https, too: the scheme tells nothing."""
    host = (split.hostname or "").rstrip(".")
    default = split.port in (None, *_PORTS.values())
    return host, None if default else split.port
