"""The report on workers, and the groups that hold them to a share of a core."""

import subprocess
import sys
from pathlib import Path

import pytest

from loadtests import quotas
from loadtests.cores import Cores
from loadtests.machine import describe_machine
from loadtests.quotas import QuotaError, held_to
from loadtests.workers import Measured, report


def test_workers_are_held_against_one() -> None:
    measured = [Measured(1, 10_000.0, 2.0, 30.0, 40_000, 40_000), Measured(2, 17_500.0, 2.0, 30.0, 70_000, 70_000)]
    text = report(measured, describe_machine(Cores(0, 0, pinned=False)))
    assert "| 2 | 17,500 | 1.75 |" in text


def test_a_machine_without_control_groups_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quotas, "ROOT", tmp_path / "nowhere")
    with pytest.raises(QuotaError, match="control group"), held_to(0.5, [1]):
        raise AssertionError("must not be reached")


def test_a_held_process_runs_in_a_group_with_its_quota_which_is_gone_afterwards() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        try:
            with held_to(0.2, [process.pid]):
                names = Path(f"/proc/{process.pid}/cgroup").read_text()
                (group,) = {line.rpartition("/")[2] for line in names.splitlines() if "signalpost-" in line}
                (folder,) = quotas.ROOT.glob(f"**/{group}")
                texts = [
                    (folder / name).read_text() for name in ("cpu.max", "cpu.cfs_quota_us") if (folder / name).exists()
                ]
                assert texts[0].split()[0] == "1000"
            assert not folder.exists()
        except QuotaError as error:
            pytest.skip(str(error))
        finally:
            process.kill()
