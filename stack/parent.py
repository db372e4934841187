"""How a child notices that the `up` which started it is gone, however it went: a pipe that closes with it."""

import os
import signal
import threading
import time

PARENT_FD = "SIGNALPOST_PARENT_FD"
GRACE_S = 10.0


def end_with_parent() -> None:
    """Where `up` gave us the reading end of its pipe, end this process in good order once the pipe closes."""
    text = os.environ.pop(PARENT_FD, "")
    if text.isdigit():
        threading.Thread(target=_watch, args=(int(text),), daemon=True, name="parent").start()


def _watch(descriptor: int) -> None:
    os.set_inheritable(descriptor, False)
    os.read(descriptor, 1)  # nothing is ever written: this returns when the last writer is gone
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)
