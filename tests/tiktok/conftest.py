"""`@pytest.mark.tiktok_cases(kind)` runs a test on each case of that kind in tests/data/tiktok-cases.json, as `case`.

The cases are facts collected from TikTok's own material and from the tests of other senders.
"""

import json
from pathlib import Path

import pytest

_CASES = json.loads((Path(__file__).parents[1] / "data" / "tiktok-cases.json").read_text("utf-8"))["cases"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "tiktok_cases(kind): run on each case of this kind in tiktok-cases.json")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("tiktok_cases")
    if marker:
        chosen = [case for case in _CASES if case["kind"] == marker.args[0]]
        metafunc.parametrize("case", chosen, ids=[case["id"] for case in chosen])
