"""Made-up visits in the shapes TikTok's apps send, none of which the dictionary was trained on (another seed)."""

import base64
import random

from clicks.train_dictionary import CORPUS, android_user_agent, ios_user_agent, query
from tests.clicks.records import Visit


def made_up_visit(rng: random.Random) -> Visit:
    """A click as usual: 322 characters of ttclid, a public IPv4 address, a generated `_ttp`."""
    platform = rng.randrange(2)
    token = base64.urlsafe_b64encode(rng.randbytes(237))
    locale = rng.choice(CORPUS["locales"])
    return Visit(
        random=rng.randbytes(5),
        platform=platform,
        ip=bytes((203, 0, 113, rng.randrange(256))),
        link=b"spring26",
        app_id=b"app_k3x7q2m5n8p4",
        user_agent=(android_user_agent(rng) if platform else ios_user_agent(rng)).encode(),
        languages=f"{locale},{locale.split('-')[0]};q=0.9".encode(),
        query=(query(rng) + f"E.C.P.{token.decode()}").encode(),
        ttp=None,
    )
