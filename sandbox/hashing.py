"""Which identifiers must arrive as SHA-256, and in which form: 64 lower-case hexadecimal digits."""

import re
from typing import Any

from sandbox.codes import Code
from sandbox.fields import list_of, text
from sandbox.refusals import Refusal

_DIGEST = re.compile(r"[0-9a-f]{64}")
# SHA-256 of no bytes at all: a sender that hashed an empty value instead of leaving it out.
_DIGEST_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def hashed(value: Any) -> None:
    """One digest. Anything else that is text is taken for a raw identifier: PII_NOT_HASHED."""
    text(value)
    if _DIGEST.fullmatch(value) is None:
        raise Refusal("Must be hashed with SHA-256 as 64 lower-case hexadecimal digits.", Code.PII_NOT_HASHED)
    if value == _DIGEST_OF_NOTHING:
        raise Refusal("Is the hash of an empty value.")


_hashed_list = list_of(hashed)


def hashed_one_or_more(value: Any) -> None:
    """`email`, `phone` and `external_id`: a digest or a list of digests."""
    if type(value) is list:
        _hashed_list(value)
    else:
        hashed(value)


def not_hashed(value: Any) -> None:
    """For fields TikTok wants raw: a digest there is a sender's mistake."""
    if type(value) is str and _DIGEST.fullmatch(value) is not None:
        raise Refusal("Must not be hashed.")
