"""The forwarder is asked whatever its own description allows, and what that forbids: it answers as it says it does."""

import os
import subprocess
import sys
from pathlib import Path

from tests.attacks.length import IS_LONG, SEED, how_to_repeat
from tests.attacks.servers import Server
from tests.forwarder.api import KEY

ROOT = Path(__file__).parents[2]
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
# the schema says what a field looks like; whose id is nobody's, which days lie in the future, or that an event needs
# somebody it is of, stands in the answer alone: a 422 that names the field
BEYOND_A_SCHEMA = "positive_data_acceptance"
LENGTH = ["--phases", "coverage,fuzzing,stateful", "-n", "100"] if IS_LONG else ["--phases", "fuzzing", "-n", "5"]


def test_every_answer_is_one_that_the_description_knows(forwarder: Server, tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run", f"http://127.0.0.1:{forwarder.port}/openapi.json",
        "--header", f"Authorization: Bearer {KEY}", "--exclude-checks", BEYOND_A_SCHEMA, "--seed", str(SEED),
        "--suppress-health-check", "all", "--request-timeout", "60", "--no-color", *LENGTH,
    ]  # fmt: skip
    environment = os.environ | {
        "PYTHONPATH": str(ROOT), "SCHEMATHESIS_HOOKS": "tests.attacks.openapi_hooks", "NO_PROXY": "127.0.0.1",
    }  # fmt: skip
    run = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, how_to_repeat(run.stdout + run.stderr)
    assert "9 passed" in run.stdout, run.stdout
    assert '"level": "error"' not in forwarder.log.read_text()
