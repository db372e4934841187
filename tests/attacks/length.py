"""How long attacks last and which seed they begin with: ATTACKS=long and ATTACKS_SEED, as `make attacks` sets them."""

import os
import random

IS_LONG = os.environ.get("ATTACKS") == "long"
SEED = int(os.environ.get("ATTACKS_SEED") or 20261129)


def rounds(short: int, long: int) -> int:
    """How many there are of something."""
    return long if IS_LONG else short


def dice(name: str, number: int = 0) -> random.Random:
    """The chance of one case: the same for the same seed, whatever ran before it."""
    return random.Random(f"{SEED} {name} {number}")


def how_to_repeat(what: str) -> str:
    """What a failure says."""
    return f"{what}; again: make attacks SEED={SEED}"
