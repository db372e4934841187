"""A child that is held: it loads, waits, and begins with what it is told."""

import os
import subprocess
import sys

from stack.held_start import HELD_FD, Hold, await_release

PATIENCE_S = 20.0
HELD = """
import os
from stack.held_start import await_release
print("loaded", flush=True)
await_release()
print(os.environ["WHERE"], os.environ["KEPT"], "SIGNALPOST_HELD_FD" in os.environ, flush=True)
"""


class Held:
    """A process that is held by us."""

    def __init__(self) -> None:
        self.hold = Hold()
        environment = {**os.environ, "WHERE": "before", "KEPT": "kept", HELD_FD: str(self.hold.reading)}
        command = [sys.executable, "-c", HELD]
        self.process = subprocess.Popen(
            command, env=environment, pass_fds=(self.hold.reading,), stdout=subprocess.PIPE, text=True
        )
        self.hold.started()
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "loaded\n"

    def rest(self) -> str:
        return self.process.communicate(timeout=PATIENCE_S)[0]


def test_a_held_child_begins_with_what_it_is_told() -> None:
    held = Held()
    held.hold.release({"WHERE": "after"})
    assert held.rest() == "after kept False\n"


def test_a_held_child_that_is_given_up_ends_without_beginning() -> None:
    held = Held()
    held.hold.give_up()
    assert (held.rest(), held.process.returncode) == ("", 0)


def test_a_held_child_that_has_ended_is_released_without_an_error() -> None:
    held = Held()
    held.process.kill()
    held.process.communicate(timeout=PATIENCE_S)
    held.hold.release({"WHERE": "after"})


def test_a_process_that_nobody_holds_begins_at_once() -> None:
    assert HELD_FD not in os.environ
    await_release()
