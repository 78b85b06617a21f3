"""Compare rows of docs/results.md with new results, within the limits of docs/results.json.

`python -m benchmarks.held starter` compares what `make repro` wrote; trials and digits compare
their own rows. A row that is missing in the file is added: to measure it again, delete it there.
"""

import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import project

ROWS = project.ROOT / "docs/results.json"
NUMBERS = {"mse": "test", "kl": "test", "mean_picture": "floors", "pca": "floors"}
"""Numbers of metrics.json, each with its section."""
MARGIN = 0.1
"""Relative margin of a number without an interval, as on a test split with one group."""


def hold(row: str, metrics: Path, rows: Path = ROWS) -> None:
    """Compare a metrics.json with a row; raise SystemExit if a number lies outside its limits."""
    known, found = json.loads(rows.read_text()), limits(json.loads(metrics.read_text()))
    if row not in known:
        rows.write_text(json.dumps(known | {row: found}, indent=1) + "\n")
        print(f"{row}: added to {rows.name}")
    elif wrong := differences(known[row], found):
        sys.exit("\n".join(f"{row}: {each}" for each in wrong))
    else:
        print(f"{row}: as docs/results.md has it")


def limits(metrics: dict[str, Any]) -> dict[str, list[float]]:
    """Return [value, low, high] of each number that the metrics have."""
    values = {
        name: metrics[section][name]
        for name, section in NUMBERS.items()
        if name in metrics[section]
    }
    sure, margin = metrics.get("interval", {}), {"low": 1 - MARGIN, "high": 1 + MARGIN}
    return {
        name: [
            value,
            *(sure[name][end] if name in sure else value * margin[end] for end in ("low", "high")),
        ]
        for name, value in values.items()
    }


def differences(known: dict[str, list[float]], found: dict[str, list[float]]) -> list[str]:
    """Return a line for each number of a row that no longer holds."""
    absent = [f"{name} is missing" for name in known if name not in found]
    return absent + [
        f"{name} = {found[name][0]:.6g}, not within {low:.6g} to {high:.6g}"
        for name, (_, low, high) in known.items()
        if name in found and not low <= found[name][0] <= high
    ]


if __name__ == "__main__":
    hold(sys.argv[1], project.ROOT / "data/evaluation/metrics.json")
