"""The page of a result: numbers in words, figures, tables, and sounds to compare."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sonovae import params
from sonovae.dataset import left_out
from sonovae.evaluation import figures
from sonovae.evaluation.inputs import Inputs
from sonovae.model import health
from sonovae.pages import page
from sonovae.quality import judge
from sonovae.recordings import card, recordings_table

SCORES = {
    "accuracy": "named right by the judge",
    "inception_score": "Inception Score ↑",
    "am_score": "AM score ↓",
    "frechet_judge": "Fréchet, judge ↓",
    "frechet_mel": "Fréchet, log-mel ↓",
    "precision": "precision ↑",
    "recall": "recall ↑",
    "density": "density ↑",
    "coverage": "coverage ↑",
    "different_bins": "bins that differ ↓",
    "copy_ratio": "distance to training / of real",
    "copies": "flagged as copies ↓",
}
"""Columns of the table of scores, as the page names them; the arrow says which way is better."""

PLAYERS = (
    ("Clips and reconstructions", "reconstructions", "original"),
    ("New sounds, and what they are nearest to", "nearest", "generated"),
    ("Recordings that were never in the dataset", "unseen", "original"),
)
"""Titles and folders of the sounds, and which of a row comes first."""


def headline(numbers: Mapping[str, Any], scores: pd.DataFrame) -> list[tuple[str, str]]:
    """Put the result in a few lines, each number next to what it must be compared with."""
    test = numbers["test"]
    rows = scores.to_dict("index")
    new = rows["generated"]
    lines = [("Reconstruction", _reconstruction(numbers))]
    if "kl" in test:
        information = f"{test['kl']:.1f} nats a clip, {test['kl_per_dim']:.2f} a dimension"
        lines.append(("Information in z", information))
    # A Fréchet distance has no scale of its own, so its best and worst case stand next to it.
    names = ("generated", "real", "white_noise")
    generated, real, noise = (f"{rows[name]['frechet_mel']:,.0f}" for name in names)
    lines.append(
        (
            "Log-mel Fréchet distance",
            f"{generated}; real {real}, white noise {noise}",
        )
    )
    if "generated_by_label" in rows and numbers["judge"]:
        lines.append(("Labels", _labels(numbers["judge"], rows["generated_by_label"])))
    distance = f"{new['copy_ratio']:.2f} times as far from training as real"
    lines.append(("Copies", f"{new['copies']:.0%} flagged; {distance}"))
    raised = [flag.replace("_", " ") for flag in health.FLAGS if numbers["health"][flag]]
    return [*lines, ("Health", ", ".join(raised) or "no flag is up")]


def _labels(numbers: Mapping[str, float], row: Mapping[Any, float]) -> str:
    description = judge.describe(numbers)
    if not numbers["can_judge"]:
        return f"not scored, as the judge {description}"
    heard = f"{row['accuracy']:.0%} of the labels that were asked for are heard by the judge"
    return f"{heard}, which {description}"


def _reconstruction(numbers: Mapping[str, Any]) -> str:
    test = numbers["test"]
    floors = numbers["floors"]
    ends = numbers["interval"].get("mse")
    interval = f" ({ends['low']:.5f} to {ends['high']:.5f})" if ends else ""
    relation = "below" if test["pca_ratio"] < 1 else "NOT below"
    return (
        f"mean squared error {test['mse']:.5f}{interval},"
        f" {relation} PCA's {floors['pca']:.5f} on the same pixels;"
        f" mean picture {floors['mean_picture']:.5f}"
    )


def table_of(scores: pd.DataFrame) -> pd.DataFrame:
    """Format scores with their intervals, a row for each set."""
    shown = pd.DataFrame(index=scores.index.str.replace("_", " "))
    for name, title in SCORES.items():
        if name in scores:
            shown[title] = [_with_interval(row, name) for _, row in scores.iterrows()]
    return shown.rename_axis("set").reset_index()


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """Format a table with four digits of each number."""
    return table.map(lambda value: f"{value:.4g}" if isinstance(value, float) else value)


def _with_interval(row: "pd.Series[float]", name: str) -> str:
    if pd.isna(row[name]):
        return ""
    ends = [row.get(end) for end in (f"{name}_low", f"{name}_high")]
    text = " to ".join(_short(end) for end in ends if end is not None and not pd.isna(end))
    return f"{_short(row[name])}\n{text}" if text else _short(row[name])


def _short(value: float) -> str:
    """Format three digits, or all before the decimal point of large numbers."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(
    out: Path,
    inputs: Inputs,
    words: list[str],
    lines: list[tuple[str, str]],
    drawn: Mapping[str, Figure],
    tables: Mapping[str, pd.DataFrame],
) -> None:
    """Write report.html, one file that holds the figures and sounds in `out`.

    It begins with `words`, sentences about new sounds, and `lines` of numbers by title.
    """
    project = inputs.project
    recordings = left_out.mark(recordings_table.read(project.recordings), project.pictures)
    dataset_card = card.of(project.root, inputs.params.fetch)
    is_unused = recordings["status"] != recordings_table.USED
    unused = recordings.loc[is_unused, ["name", "status", "reason"]]
    settings = params.plain(inputs.params)
    # No stage reads it, so it says nothing about the result.
    del settings["promotion"]
    content = {
        "words": words,
        "headline": lines,
        "players": {title: page.players(out / folder, first) for title, folder, first in PLAYERS},
        "figures": {figures.TITLES[name]: page.figure(figure) for name, figure in drawn.items()},
        "tables": {**tables, "Recordings that are not used": unused},
        "card": dataset_card.rows() if dataset_card else {},
        "summary": recordings_table.summary(recordings).splitlines()[0],
        "model": inputs.studio.model.id,
        "params": params.yaml_text(settings),
    }
    page.write(out / "report.html", "result.html", content)
