"""Another commit of this repository, beside ours: its files and an interpreter that runs them with its own packages.

Git's worktrees leave a note in the repository, which somebody has to remove; an archive leaves nothing but its files.
"""

import subprocess
import sysconfig
import tarfile
import venv
from dataclasses import dataclass
from pathlib import Path

from loadtests.contestants import ContestantError

ROOT = Path(__file__).parent.parent
LOCK = "requirements.lock"


@dataclass(frozen=True, slots=True)
class Checkout:
    """`commit` is its short name, `python` the interpreter that imports its code."""

    commit: str
    python: str


def check_out(commit: str, directory: Path, root: Path = ROOT) -> Checkout:
    """Put a commit's files and interpreter into `directory`, which whoever calls removes.

    Where its requirements.lock is ours, it shares the packages of this interpreter; else they are installed for it.

    Raises:
        ContestantError: there is no such commit, or its packages cannot be installed; the text names AGAINST.
    """
    short = _short_name(commit, root)
    code = directory / "code"
    code.mkdir(parents=True)
    archive = directory / "code.tar"
    _run(["git", "-C", str(root), "archive", "--format=tar", f"--output={archive}", short], commit, "cannot be read")
    with tarfile.open(archive) as files:
        files.extractall(code, filter="data")
    archive.unlink()
    return Checkout(short, str(_interpreter(commit, code, directory / "venv", root)))


def _short_name(commit: str, root: Path) -> str:
    asked = ["git", "-C", str(root), "rev-parse", "--short", "--verify", "--quiet", "--end-of-options"]
    return _run([*asked, f"{commit}^{{commit}}"], commit, "is no commit of this repository").strip()


def _interpreter(commit: str, code: Path, place: Path, root: Path) -> Path:
    """A virtual environment in which the commit's code comes before everything."""
    lock = code / LOCK
    shares = _same_text(lock, root / LOCK)
    venv.create(place, symlinks=True, with_pip=not shares)
    python = place / "bin" / "python"
    paths = [str(code)]
    if shares:
        paths += dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    else:
        # its own pip: ours would start another process, which outlives it when it is ended
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        install += ["--require-hashes", "-r", str(lock)]
        _run(install, commit, f"wants packages of its {LOCK} that cannot be installed")
    site = Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))
    # what a .pth file lists is put on the path, without the .pth files that lie there: ours would lead to our code
    (site / "against.pth").write_text("".join(f"{path}\n" for path in paths))
    return python


def _same_text(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def _run(command: list[str], commit: str, what: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:]
        raise ContestantError(": ".join([f"AGAINST={commit} {what}", *last]))
    return done.stdout
