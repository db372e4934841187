"""Which link a path names, where copying has left something behind it: a slash, a blank, a dot, a bracket, a quote; a
second slash or a blank before it, as where a base URL ended with one; or a query without its question mark.

No slug holds any of these, so nothing is taken for another link.
"""

import re
import unicodedata
from urllib.parse import quote_from_bytes, unquote_to_bytes

_SLUG = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OF_A_LINK = ("stores", "enrich")
_IN_SLUGS = "_-"
_LINE_ENDS = "\t\r\n"
_RUN_ON = re.compile(rb"(?:&(?:amp;)?|%26|%3f)(?=[a-z_][a-z0-9_]*(?:=|%3d))", re.IGNORECASE)
_OF_QUERIES = "=&%+!$'()*,;:@/?"


def tidy_path(path: str) -> str:
    """The decoded path without what is not part of its slug; as it is where it names none."""
    slug, inner = _parts(path)
    return f"/{slug}{inner}" if _SLUG.fullmatch(slug) else path


def tidy_slug(raw_path: bytes) -> bytes:
    """The slug of a path as it came, with its leading slash; empty where the path is not that of a link alone."""
    slug, inner = _parts(unquote_to_bytes(raw_path).decode("utf-8", "replace"))
    return slug.encode() if not inner and _SLUG.fullmatch(slug) else b""


def with_question_mark(target: bytes) -> bytes:
    """A target whose query was pasted without its question mark, or with one that some program encoded: `/spring&a=1`,
    `/spring%3Fa=1`, `/spring%3Fa%3D1%26b%3D2`. As it is where what stands before names no link.
    """
    path, _, query = target.partition(b"?")
    found = _RUN_ON.search(path)
    if found is None or not tidy_slug(path[: found.start()]):
        return target
    own = path[found.end() :]
    if b"=" not in own:
        own = quote_from_bytes(unquote_to_bytes(own), safe=_OF_QUERIES).encode()
    return path[: found.start()] + b"?" + b"&".join(filter(None, (own, query)))


def _parts(path: str) -> tuple[str, str]:
    """A slug, and which of its pages is meant: `` | `/stores` | `/enrich`."""
    bare = _without_tail(_without_head(path))
    head, _, last = bare.rpartition("/")
    if head and last in _OF_A_LINK:
        return _without_tail(head), f"/{last}"
    return bare, ""


def _without_head(path: str) -> str:
    """What stands behind slashes and blanks. A dot is none: `/.env` is what scanners ask for."""
    return path.lstrip("/ \t\r\n\xa0\u200b\ufeff")


def _without_tail(text: str) -> str:
    end = len(text)
    while end and _is_left_behind(text[end - 1]):
        end -= 1
    return text[:end]


def _is_left_behind(character: str) -> bool:
    """Punctuation, symbols, blanks of all scripts, and marks without width; never what a slug may end with."""
    if character in _IN_SLUGS:
        return False
    category = unicodedata.category(character)
    return category[0] in "PSZ" or category == "Cf" or character in _LINE_ENDS
