"""An earlier commit beside ours: its own code, our packages where it wants the same, and words where it cannot be."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest

from loadtests.against import product_of
from loadtests.checkout import ROOT, check_out
from loadtests.contestants import ContestantError

NO_FILES: Mapping[str, str] = {}
LOCK = "# no packages\n"
CLI = """
import json, os, pathlib, sys, time
if sys.argv[1:] == ["up", "--demo"]:
    data = pathlib.Path(os.environ["DATA_DIR"])
    data.mkdir()
    (data / "demo.json").write_text(json.dumps({"slug": "earlier"}))
    (data / "pid").write_text(str(os.getpid()))
    print("ready", flush=True)
    time.sleep(600)
print(json.dumps({"processes": {}}))
"""


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t.test"]
    done = subprocess.run(["git", "-C", str(root), *who, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def committed(root: Path, files: Mapping[str, str] = NO_FILES) -> str:
    """The full name of a new commit with these files, by path."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "one")
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with an empty requirements.lock."""
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "-q")
    (made / "requirements.lock").write_text(LOCK)
    return made


def said(python: str, code: str) -> str:
    done = subprocess.run([python, "-P", "-c", code], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_commits_interpreter_runs_the_commits_code_and_not_ours(root: Path, tmp_path: Path) -> None:
    first = committed(root, {"clicks/__init__.py": "WHO = 'earlier'"})
    committed(root, {"clicks/__init__.py": "WHO = 'later'"})
    found = check_out(first, tmp_path / "then", root)
    assert first.startswith(found.commit)
    assert said(found.python, "import clicks; print(clicks.WHO)") == "earlier"


def test_the_same_lock_shares_our_packages_without_our_code(root: Path, tmp_path: Path) -> None:
    found = check_out(committed(root), tmp_path / "then", root)
    assert said(found.python, "import msgspec; print(msgspec.__name__)") == "msgspec"
    assert said(found.python, "import importlib.util as u; print(u.find_spec('redirector'))") == "None"


def test_another_lock_gets_packages_of_its_own(root: Path, tmp_path: Path) -> None:
    commit = committed(root)
    (root / "requirements.lock").write_text("# others\n")
    found = check_out(commit, tmp_path / "then", root)
    assert said(found.python, "import importlib.util as u; print(u.find_spec('msgspec'))") == "None"


@pytest.mark.parametrize("commit", ["nosuch", "--help", "", "HEAD:requirements.lock"])
def test_what_names_no_commit_is_refused_by_the_name_it_was_given_under(
    root: Path, tmp_path: Path, commit: str
) -> None:
    committed(root)
    with pytest.raises(ContestantError, match=f"^AGAINST={commit} is no commit of this repository"):
        check_out(commit, tmp_path / "then", root)


def test_a_lock_that_cannot_be_installed_is_refused_by_name(root: Path, tmp_path: Path) -> None:
    commit = committed(root, {"requirements.lock": "this is no requirement\n"})
    (root / "requirements.lock").write_text(LOCK)
    with pytest.raises(ContestantError, match=f"^AGAINST={commit} wants packages of its requirements.lock that cannot"):
        check_out(commit, tmp_path / "then", root)


def test_a_product_that_does_not_start_is_named(root: Path, tmp_path: Path) -> None:
    commit = committed(root, {"cli/__init__.py": "", "cli/__main__.py": "import sys; sys.exit('no engines here')"})
    refused = pytest.raises(ContestantError, match=rf"^AGAINST={commit} does not start: (?s:.*)no engines here")
    with refused, product_of(commit, tmp_path / "then", root):
        pass


def test_a_commit_without_a_product_is_named(root: Path, tmp_path: Path) -> None:
    commit = committed(root)
    with (
        pytest.raises(ContestantError, match=f"^AGAINST={commit} does not start"),
        product_of(commit, tmp_path / "then", root),
    ):
        pass


def test_an_earlier_product_ends_with_whatever_ends_the_run(root: Path, tmp_path: Path) -> None:
    commit = committed(root, {"cli/__init__.py": "", "cli/__main__.py": CLI})
    pids: list[int] = []

    def interrupted() -> None:
        with product_of(commit, tmp_path / "then", root) as (name, product):
            assert commit.startswith(name)
            assert product.demo == {"slug": "earlier"}
            pids.append(int((tmp_path / "then" / "data" / "pid").read_text()))
            assert psutil.pid_exists(pids[0])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not psutil.pid_exists(pids[0])


def test_the_benchmark_refuses_a_commit_that_is_none_and_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "loadtests.bench", "--against", "nosuch"]
    done = subprocess.run(
        command, cwd=ROOT, env={"TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "bench: AGAINST=nosuch is no commit of this repository" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "expected"), [(["AGAINST=f1693f9"], "loadtests.bench --against 'f1693f9'"), ([], "loadtests.bench")]
)
def test_make_bench_hands_the_commit_on(given: list[str], expected: str) -> None:
    command = ["make", "--dry-run", "--no-print-directory", "bench", *given]
    # by hand, not as a part of the `make test` that runs this
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    assert done.stdout.strip().endswith(expected)
