"""How long does the product itself take to read one click, without an HTTP request around it?

A program of a few lines is run by the product's interpreter, in its environment: the load tests import nothing of it.
"""

import json
from collections.abc import Sequence

from loadtests.percentiles import nearest_rank
from loadtests.product import Product

PROGRAM = """
import asyncio, json, sys, time
from admin.session import open_redis, open_session
from admin.stored_clicks import stored_clicks

async def main(ids):
    taken = []
    async with open_session() as session, open_redis(session.settings) as redis:
        clicks = stored_clicks(session, redis)
        await clicks.get_many(ids[:20])  # connections are open, statements prepared
        for one in ids[20:]:
            begun = time.perf_counter()
            click = await clicks.get(one)
            taken.append((time.perf_counter() - begun) * 1000)
            assert click is not None and click.click_id == one, one
    print(json.dumps(taken))

asyncio.run(main(json.load(sys.stdin)))
"""


def time_look_ups(product: Product, ids: Sequence[str]) -> tuple[float, float]:
    """p50 and p99 in ms of reading a click by its id, one at a time."""
    taken = sorted(json.loads(product.program(PROGRAM, json.dumps(list(ids)))))
    return nearest_rank(taken, 0.5), nearest_rank(taken, 0.99)
