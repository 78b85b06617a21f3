"""The page of a result: its numbers in words, and sounds side by side: real, reconstructed, generated, nearest real."""

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


def headline(
    found: Mapping[str, Any], scores: pd.DataFrame, judged: float | None
) -> list[tuple[str, str]]:
    """The result in a few lines, each number with what it must be held against."""
    test, rows = found["test"], scores.to_dict("index")
    lines = [
        ("Reconstruction", _reconstruction(test, found["floors"], found["interval"].get("mse")))
    ]
    if "kl" in test:
        lines.append(
            (
                "Information in z",
                f"{test['kl']:.1f} nats a clip, {test['kl_per_dim']:.2f} a dimension",
            )
        )
    mel = {
        name: f"{rows[name]['frechet_mel']:,.0f}" for name in ("generated", "real", "white_noise")
    }
    lines.append(
        (
            "Log-mel Fréchet distance",
            "{generated}; real {real}, white noise {white_noise}".format(**mel),
        )
    )
    if judged is not None and "generated_by_label" in rows:
        heard = f"{rows['generated_by_label']['accuracy']:.0%} of the labels that were asked for are heard"
        lines.append(
            ("Labels", f"{heard} by a judge that names {judged:.0%} of real test clips right")
        )
    new = rows["generated"]
    lines.append(
        (
            "Copies",
            f"{new['copies']:.0%} flagged; {new['copy_ratio']:.2f} times as far from training as real",
        )
    )
    wrong = [flag.replace("_", " ") for flag in health.FLAGS if found["health"][flag]]
    return [*lines, ("Health", ", ".join(wrong) or "no flag is up")]


def _reconstruction(
    test: Mapping[str, float], floors: Mapping[str, float], sure: Mapping[str, float] | None
) -> str:
    interval = f" ({sure['low']:.5f} to {sure['high']:.5f})" if sure else ""
    against = "below" if test["pca_ratio"] < 1 else "NOT below"
    return (
        f"mean squared error {test['mse']:.5f}{interval}, {against} PCA's {floors['pca']:.5f} on the same pixels;"
        f" mean picture {floors['mean_picture']:.5f}"
    )


def table_of(scores: pd.DataFrame) -> pd.DataFrame:
    """Scores as the page shows them, with intervals, a row for each set."""
    shown = pd.DataFrame(index=scores.index.str.replace("_", " "))
    for name, title in SCORES.items():
        if name in scores:
            shown[title] = [_said(row, name) for _, row in scores.iterrows()]
    return shown.rename_axis("set").reset_index()


def in_short(table: pd.DataFrame) -> pd.DataFrame:
    """A table with four digits of each number."""
    return table.map(lambda value: f"{value:.4g}" if isinstance(value, float) else value)


def _said(row: "pd.Series[float]", name: str) -> str:
    if pd.isna(row[name]):
        return ""
    ends = [
        row[end] for end in (f"{name}_low", f"{name}_high") if end in row and not pd.isna(row[end])
    ]
    return _short(row[name]) + (f"\n{' to '.join(map(_short, ends))}" if ends else "")


def _short(value: float) -> str:
    """Three digits, of large numbers all before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def write(
    out: Path,
    inputs: Inputs,
    lines: list[tuple[str, str]],
    drawn: Mapping[str, Figure],
    tables: Mapping[str, pd.DataFrame],
) -> None:
    """Write report.html, one file that holds the figures and sounds in `out`."""
    project = inputs.project
    recordings = left_out.mark(recordings_table.read(project.recordings), project.pictures)
    known = card.of(project.root, inputs.params.fetch)
    left = recordings["status"] != recordings_table.USED
    unused = recordings.loc[left, ["name", "status", "reason"]]
    settings = params.plain(inputs.params)
    del settings["promotion"]  # no stage reads it
    content = {
        "headline": lines,
        "players": {title: page.players(out / folder, first) for title, folder, first in PLAYERS},
        "figures": {figures.TITLES[name]: page.figure(figure) for name, figure in drawn.items()},
        "tables": {**tables, "Recordings that are not used": unused},
        "card": known.rows() if known else {},
        "summary": recordings_table.summary(recordings).splitlines()[0],
        "model": inputs.studio.model.id,
        "params": params.yaml_text(settings),
    }
    page.write(out / "report.html", "result.html", content)
