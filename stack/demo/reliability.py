"""What the matcher would have said of the demo's people whose click Play named: its reliability.

Other apps of the same ledger learn nothing of it: what all apps have taught stays free of what was invented.
"""

from collections.abc import Iterable
from random import Random
from typing import Any, Final

import msgspec

from forwarder.matching.observation import Observation, Trial
from forwarder.matching.statistics import Learned, learned_from
from ledger.match_statistics import lock_statistics, statistics_of, store_statistics
from stack.demo.people import Person

TABLE: Final = "full"
LEAST_SURE: Final = 0.3
OVERSURE: Final = 0.02  # how much less often it is right than it says, as a matcher is before it is calibrated


async def learn_reliability(connection: Any, app_id: str, people: Iterable[Person]) -> None:
    """Add what these people teach; within the transaction that stores their installs, so each counts once."""
    seen = [observation(app_id, person) for person in people if person.method == "referrer"]
    if not seen:
        return
    await lock_statistics(connection)
    stored = (await statistics_of(connection, [app_id])).get(app_id)
    learned = learned_from(stored) if stored else Learned()
    for one in seen:
        learned.observe(one)
    await store_statistics(connection, {app_id: msgspec.to_builtins(learned)})


def observation(app_id: str, person: Person) -> Observation:
    """The same for the same person, whenever it is asked."""
    chance = Random(f"trial/{person.install_id}")
    said = 1 - (1 - LEAST_SURE) * chance.random() ** 2
    trial = Trial(TABLE, said, right=chance.random() < said - OVERSURE)
    return Observation(app_id=app_id, platform=person.platform, trials=(trial,))
