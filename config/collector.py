"""Python's collector of cycles, told what a server is like.

By default it looks through everything a process has imported now and then, and through the youngest after every 700
objects: the first stops whatever is under way for tens of ms, the second goes through the rows of one batch again and
again. Reference counts free nearly all of what requests leave.
"""

import gc
from typing import Final

YOUNGEST: Final = 20_000
"""Objects more than were freed, until the youngest are looked through."""


def spare_the_imported() -> None:
    """Call once everything is imported: what is there by now is never looked at again, what comes is less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNGEST, *gc.get_threshold()[1:])
