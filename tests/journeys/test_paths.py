"""The four paths as ARCHITECTURE.md draws them are those that are walked."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from clicks.redis_url import read_redis_url
from tests.engines import SessionEngines
from tests.forwarder.running_sandbox import running_sandbox
from tests.journeys.paths import OURS, PATHS, Modules, World, walk

SECTION = re.compile(r"^## Four paths$.*?(?=^## )", re.MULTILINE | re.DOTALL)
ARCHITECTURE = SECTION.findall((Path(__file__).parents[2] / "ARCHITECTURE.md").read_text())[0]
FIRST = {
    "click": "redirector.protocol",
    "install": "forwarder.intake.protocol",
    "event": "forwarder.intake.protocol",
    "delivery": "forwarder.jobs.timetable",  # which the worker keeps
}


def named() -> set[str]:
    """Modules and packages of the section. A name without a slash is of the folder its path or row begins with."""
    found = set()
    for passage in re.split(r"\n(?=\d\.|\||\n)", ARCHITECTURE):
        names = re.findall(r"`([a-z_]+(?:/[a-z_]+)*)`", passage)
        folder = (names[0].rpartition("/")[0] or names[0]).replace("/", ".") if names else ""
        found |= {name.replace("/", ".") if "/" in name else f"{folder}.{name}" for name in names}
    return found


@pytest.fixture(scope="module")
def walked(engines: SessionEngines) -> Iterator[dict[str, Modules]]:
    if read_redis_url(engines.valkey.url).is_cluster:
        pytest.skip("the paths are drawn for one Redis server: a cluster is written to by clicks/cluster_committer")
    with running_sandbox() as sandbox_url:
        yield {name: walk(World(engines, sandbox_url), name) for name in PATHS}


@pytest.mark.parametrize("path", PATHS)
def test_a_path_begins_where_it_should(walked: dict[str, Modules], path: str) -> None:
    # what every listener does at its socket stands in config, and is entered by the protocol of this one
    assert next(module for module in walked[path] if not module.startswith("config.")) == FIRST[path]


@pytest.mark.parametrize("path", PATHS)
def test_a_path_passes_through_as_many_modules_as_is_said(walked: dict[str, Modules], path: str) -> None:
    said = re.search(rf"\*\*{path}\*\*, (\d+) modules", ARCHITECTURE)
    assert said is not None
    assert len(walked[path]) == int(said[1]), "\n".join(walked[path])


@pytest.mark.parametrize("path", PATHS)
def test_every_module_of_a_path_is_named(walked: dict[str, Modules], path: str) -> None:
    known = named()
    unnamed = [module for module in walked[path] if not {module, ".".join(module.split(".")[:2])} & known]
    assert unnamed == []


def test_every_name_is_that_of_a_module() -> None:
    root = Path(__file__).parents[2]
    labels = {f"{package}.{package}" for package in OURS}  # of the table's rows
    paths = [root / name.replace(".", "/") for name in named() - labels]
    assert [path for path in paths if not path.is_dir() and not path.with_suffix(".py").exists()] == []
