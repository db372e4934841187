"""The proof: every report world over many seeds, beside what others do; tables and figures for docs/matching.md.

python -m tests.matching.report [--seeds 10] [--quick] [--write docs/matching.md]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.matching.baselines import BASELINES
from tests.matching.experiment import MATCHER, Job, Result, run_jobs
from tests.matching.knobs import REPORT_WORLDS
from tests.matching.metrics import Interval, Score, calibration_error, interval, reliability
from tests.matching.plots import reliability_svg, worlds_svg

FIRST_SEED = 100
BEGIN, END = "<!-- report: written by tests.matching.report -->\n", "<!-- /report -->\n"
PREDICTING = 5  # seeds per world that are run once more at the lowest threshold
METHODS = (MATCHER, *BASELINES)
TARGETS = {"precision": 0.985, "gap": 0.02, "false": 0.005, "error": 0.015}
MOSTLY_ORGANIC = TARGETS | {"precision": 0.978, "false": 0.004}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--quick", action="store_true", help="two seeds")
    parser.add_argument("--write", type=Path, help="replace the report in this file and draw the figures beside it")
    arguments = parser.parse_args()
    seeds = 2 if arguments.quick else arguments.seeds
    jobs = [
        Job(name, knobs, FIRST_SEED + at, predicts=at < PREDICTING)
        for name, knobs in REPORT_WORLDS.items()
        for at in range(seeds)
    ]
    results = list(run_jobs(jobs))
    text = report(results, seeds)
    sys.stdout.write(text)
    if arguments.write:
        write(arguments.write, text, results)


def report(results: Sequence[Result], seeds: int) -> str:
    """The tables as Markdown."""
    parts = [
        f"{len(REPORT_WORLDS)} worlds, {seeds} seeds each (from {FIRST_SEED}), "
        f"{sum(r.installs for r in results):,} installs; mean ± half width of the 95 % interval over seeds.\n",
        "### Signalpost at P >= 0.90\n",
        _table(
            (
                "world",
                "precision",
                "recall",
                "ceiling",
                "false credits per organic",
                "calibration error",
                "never",
                "met",
            ),
            [_row(name, _of(results, name)) for name in REPORT_WORLDS],
        ),
        "`ceiling`: ad installs that share an address key with their click within 24 hours, or name it in Play's "
        "referrer. "
        "`never`: credits to bots, preloads, other apps' clicks, injected or later clicks, or people who refused. "
        "`met`: precision, recall, false credits and calibration against the targets above.\n",
        "### The same worlds, as others match\n",
        *(_baseline_table(results, method) for method in BASELINES),
        "### Reliability, all worlds\n",
        _table(
            ("probability", "matches", "predicted", "observed"),
            [
                (f"{row.low:g} to {row.high:g}", f"{row.installs:,}", f"{row.predicted:.4f}", f"{row.observed:.4f}")
                for row in reliability([p for result in results for p in result.predictions])
            ],
        ),
        "Matches of the probabilistic tier after one day of warm-up, with a threshold of 0.5 so that lesser "
        f"probabilities show too; {PREDICTING} seeds per world.\n",
    ]
    return "\n".join(parts)


def write(file: Path, text: str, results: Sequence[Result]) -> None:
    """Replace what stands between the marks, and draw the figures."""
    old = file.read_text()
    before, _, rest = old.partition(BEGIN)
    _, _, after = rest.partition(END)
    file.write_text(before + BEGIN + text + END + after)
    folder = file.with_suffix("")
    folder.mkdir(exist_ok=True)
    predicted = [p for result in results for p in result.predictions]
    (folder / "reliability.svg").write_text(reliability_svg(reliability(predicted)))
    shown = {
        name: {
            method: (_over(results, name, method, "precision"), _over(results, name, method, "recall"))
            for method in METHODS
        }
        for name in REPORT_WORLDS
    }
    (folder / "worlds.svg").write_text(worlds_svg(shown))


def _row(name: str, results: Sequence[Result]) -> Sequence[str]:
    precision, recall, ceiling, false = (
        _over(results, name, MATCHER, field) for field in ("precision", "recall", "ceiling", "false_per_organic")
    )
    error = calibration_error([p for result in results for p in result.predictions])
    targets = MOSTLY_ORGANIC if "85 % organic" in name else TARGETS
    met = {
        "precision": precision.mean >= targets["precision"],
        "recall": ceiling.mean - recall.mean <= targets["gap"],
        "false credits": false.mean <= targets["false"],
        "calibration": error <= targets["error"],
    }
    missed = [what for what, is_met in met.items() if not is_met]
    never = sum(result.scores[MATCHER].violations for result in results)
    return (
        name, str(precision), str(recall), f"{ceiling.mean:.4f}", str(false), f"{error:.4f}", str(never),
        "yes" if not missed else "no: " + ", ".join(missed),
    )  # fmt: skip


def _baseline_table(results: Sequence[Result], method: str) -> str:
    fields = ("precision", "recall", "false_per_organic")
    rows = [(name, *(str(_over(results, name, method, field)) for field in fields)) for name in REPORT_WORLDS]
    return f"{method}:\n\n" + _table(("world", "precision", "recall", "false credits per organic"), rows)


def _of(results: Sequence[Result], name: str) -> list[Result]:
    return [result for result in results if result.job.name == name]


def _over(results: Sequence[Result], name: str, method: str, field: str) -> Interval:
    scores: list[Score] = [result.scores[method] for result in _of(results, name)]
    return interval([getattr(score, field) for score in scores])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [" | ".join(head), " | ".join("---" for _ in head), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
