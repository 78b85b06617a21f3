"""`python -m benchmarks.controls FOLDER`: scores of new sounds among controls, in Markdown.

FOLDER holds a scores.csv: a project's data/evaluation, after `make repro`. Bold scores miss their
goal (`sonovae.quality.goals`).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.evaluation import quality_table
from sonovae.quality.goals import GOALS, Goal

COLUMNS = {
    "real": "real",
    "inverse": "inverse",
    "reconstructed": "reconstructed",
    "generated": "new",
    "pca_density": "PCA",
    "whispered": "whispered",
    "buzzing": "buzzing",
    "blurred": "blurred",
    "noised": "noised",
    "shuffled": "shuffled",
    "quieter": "quieter",
    "training_copies": "copied",
    "mean_picture": "mean",
}
"""Sets of scores.csv, and their heads in the table."""


def main() -> None:
    """Print the table."""
    print(table(pd.read_csv(Path(sys.argv[1]) / "scores.csv", index_col="set")))


def table(scores: pd.DataFrame) -> str:
    """Return a row for each goal that there are scores for, and a column for each set."""
    newest = quality_table.newest(scores.index)
    columns = {newest if name == "generated" else name: head for name, head in COLUMNS.items()}
    sets = {name: head for name, head in columns.items() if name in scores.index}
    heads = ["score", *sets.values()]
    lines = [_line(heads), "|---" * len(heads) + "|"]
    for goal in GOALS:
        if goal.score in scores and np.isfinite(scores.loc["real", goal.score]):
            own = scores[goal.score].astype(float)
            cells = [_cell(goal, own[name], own["real"]) for name in sets]
            lines.append(_line([f"`{goal.score}`", *cells]))
    return "\n".join(lines)


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(goal: Goal, score: float, recordings: float) -> str:
    """Three digits; bold if the score misses its goal, empty if there is none."""
    if not np.isfinite(score):
        return ""
    # Rounded first, so that the rest of a difference of equal numbers is 0.
    rounded = round(score, 4) + 0.0
    digits = f"{rounded:.0f}" if abs(rounded) >= 100 else f"{rounded:#.3g}"
    text = digits.replace("-", "−")
    return f"**{text}**" if goal.missed(score, recordings) else text


if __name__ == "__main__":
    main()
