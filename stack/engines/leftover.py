"""Engines that outlived their `up` (killed with SIGKILL): they hold the data and must end before new ones start."""

from pathlib import Path

import psutil
import structlog

from stack.engines.errors import EngineError

STOP_TIMEOUT_S = 20.0
ORPHAN_TIMEOUT_S = 5.0

log = structlog.get_logger()


def stop_leftover(name: str, pidfile: Path, directory: Path, stop_signal: int) -> bool:
    """End the engine whose process id stands in `pidfile`, if it runs and its command line names `directory`.

    Returns:
        Whether there was one. A process that merely got the same number later is left alone.

    Raises:
        EngineError: it does not end.
    """
    process = _running_engine(pidfile, directory)
    if process is None:
        return False
    log.warning("an engine of a former run is still there; stopping it", engine=name, pid=process.pid)
    try:
        process.send_signal(stop_signal)
        process.wait(STOP_TIMEOUT_S)
    except psutil.NoSuchProcess:
        pass
    except (psutil.TimeoutExpired, psutil.AccessDenied):
        raise EngineError(f"{name}: process {process.pid} still uses {directory} and does not end: stop it") from None
    return True


def _running_engine(pidfile: Path, directory: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int(pidfile.read_text().split()[0]))
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        command = " ".join(process.cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    return process if str(directory) in command else None


def remove_dead_locks(directory: Path, *locks: Path) -> None:
    """Remove lock files of PostgreSQL whose process is no server of ours, once `stop_leftover` has ended one that was.

    PostgreSQL asks the kernel only whether the number is somebody's. It takes a dead process that nobody has reaped, or
    a stranger that got the number later, for the server that holds the data, and refuses to start. A file that names a
    server which works in `directory`, whoever runs it, stays.

    Args:
        directory: the server's data.
        locks: `postmaster.pid` and the socket's lock file: each begins with a process id.
    """
    for lock in locks:
        try:
            number = abs(int(lock.read_text().split()[0]))  # a standalone server writes its own as a negative number
        except FileNotFoundError:
            continue
        except (OSError, ValueError, IndexError):
            continue  # PostgreSQL says itself what is wrong with it
        if not _is_server(number, directory):
            lock.unlink(missing_ok=True)
            log.warning("removed the lock file of a server that is dead", file=lock.name, pid=number)


def _is_server(number: int, directory: Path) -> bool:
    """Whether the process lives and may be a PostgreSQL in `directory`; in doubt it is."""
    try:
        process = psutil.Process(number)
        if process.status() in {psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}:
            return False
        return process.name() == "postgres" and process.cwd() in {str(directory), str(directory.resolve())}
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def end_orphans(directory: Path) -> None:
    """End what works in `directory` for a server that is dead; normally they notice within moments by themselves.

    A PostgreSQL that starts before they are gone gives up, as they still hold its shared memory.
    """
    orphans = [process for process in psutil.process_iter() if _works_in(process, directory)]
    _, alive = psutil.wait_procs(orphans, ORPHAN_TIMEOUT_S)
    for process in alive:
        log.warning("killing a process whose server is dead", pid=process.pid)
        process.kill()
    psutil.wait_procs(alive, ORPHAN_TIMEOUT_S)


def _works_in(process: psutil.Process, directory: Path) -> bool:
    try:
        return bool(process.name() == "postgres" and process.cwd() == str(directory))
    except psutil.Error:
        return False
