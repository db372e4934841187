"""The matcher on the worlds it is tuned on, in less than a minute.

    python -m tests.matching.tune [WORLD...] [--seeds 2] [--why]

These worlds and seeds are not the report's.
"""

import argparse
import sys
from collections import Counter

from tests.matching.experiment import MATCHER, Job, Result, run_jobs
from tests.matching.knobs import REPORT_WORLDS, TUNE_WORLDS
from tests.matching.metrics import calibration_error, interval, reliability

FIRST_SEED = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("worlds", nargs="*", help="parts of names; default: every tuning world")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--policy", action="append", default=[], help="key=value")
    parser.add_argument("--why", action="store_true", help="count the reasons of errors, show the reliability table")
    arguments = parser.parse_args()
    worlds = TUNE_WORLDS if not arguments.worlds else {**TUNE_WORLDS, **REPORT_WORLDS}
    chosen = {n: k for n, k in worlds.items() if not arguments.worlds or any(part in n for part in arguments.worlds)}
    policy = dict(assignment.split("=", 1) for assignment in arguments.policy)
    jobs = [Job(n, k, FIRST_SEED + at, policy) for n, k in chosen.items() for at in range(arguments.seeds)]
    results = list(run_jobs(jobs))
    out = sys.stdout.write
    out(f"{'':28}{'precision':>10}{'recall':>8}{'ceiling':>8}{'false/org':>10}{'ece':>7}{'never':>6}{'inst/s':>8}\n")
    for name in chosen:
        show(name, [result for result in results if result.job.name == name], arguments.why)


def show(name: str, results: list[Result], why: bool) -> None:
    """One line of means over seeds, and why."""
    scores = [result.scores[MATCHER] for result in results]

    def mean(field: str) -> float:
        return interval([getattr(score, field) for score in scores]).mean

    error = calibration_error([p for result in results for p in result.predictions])
    rate = sum(result.installs for result in results) / sum(result.seconds for result in results)
    sys.stdout.write(
        f"{name:28}{mean('precision'):10.4f}{mean('recall'):8.4f}{mean('ceiling'):8.4f}{mean('false_per_organic'):10.4f}"
        f"{error:7.3f}{sum(score.violations for score in scores):6}{rate:8.0f}\n"
    )
    if not why:
        return
    for reason, count in sum((result.wrong for result in results), Counter[str]()).most_common(12):
        sys.stdout.write(f"    {count:5} {reason}\n")
    for row in reliability([p for result in results for p in result.predictions]):
        sys.stdout.write(
            f"    {row.low:5.3f}-{row.high:5.3f} {row.installs:6} predicted {row.predicted:.4f} "
            f"observed {row.observed:.4f}\n"
        )


if __name__ == "__main__":
    main()
