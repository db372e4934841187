"""Shard groups: the parts of a ledger that servers of their own hold. What is stored in one transaction never spans
two, so that a server that is down takes its own apps with it and no others.
"""

from collections.abc import Callable

GroupOf = Callable[[str], int]
"""app_id -> the number of its shard group. It may move: a batch that was put together before may then span two."""


def one_group(_: str) -> int:
    """All apps lie on one PostgreSQL."""
    return 0
