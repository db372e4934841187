"""What a report calls its campaigns, ad groups, ads and creatives."""

from collections.abc import Iterable, Sequence
from typing import Any

from ledger.ad_names import names_at_tiktok, names_of
from ledger.report_dimensions import NAMED, By, Key


async def names_of_keys(
    connection: Any, by: Sequence[By], keys: Iterable[Key], advertisers: Sequence[str]
) -> dict[tuple[By, str], str]:
    """(dimension, id) -> what TikTok calls it, or clicks called it last."""
    keys = list(keys)
    found: dict[tuple[By, str], str] = {}
    for place, one in enumerate(by):
        if one in NAMED:
            ids = sorted({key[place] for key in keys if key[place]})
            names = await names_of(connection, one, ids) | await names_at_tiktok(connection, one, advertisers, ids)
            found |= {(one, identifier): name for identifier, name in names.items()}
    return found
