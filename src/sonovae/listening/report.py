"""The report of a study: a page, a table of all ratings, and its figures in the model's run."""

import sys
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import tracking
from sonovae.errors import UserError
from sonovae.listening import opinions, pool
from sonovae.listening.answers import QUESTIONS, TOKEN_SHOWN, Answers
from sonovae.listening.pool import Pool
from sonovae.pages import page, plots

CSV, PAGE = "study/answers.csv", "study/report.html"
NAMES = {
    "real": "real",
    "reconstructed": "reconstructed",
    "generated": "generated",
    "reference": "hidden reference",
    "anchor": "anchor",
}


def write(root: Path) -> Path:
    """Write study/answers.csv and study/report.html, and log both to the run of the model; returns the page. UserError
    where nothing is rated yet."""
    of = pool.load(root)
    kept = Answers(root, of.sounds["id"])
    answers = joined(kept.table(), of)
    if answers.empty:
        raise UserError("study/ holds no ratings yet: listeners give them on the app's page /study")
    answers.to_csv(root / CSV, index=False, lineterminator="\n")
    began, ended = kept.listeners()
    page.write(root / PAGE, "study_report.html", _content(answers, of, began, ended))
    files = [root / PAGE, root / CSV, of.folder / "pool.csv"]
    tracking.log_study(root, of.about.model, metrics(answers) | {"study.listeners": ended}, files)
    return root / PAGE


def joined(answers: pd.DataFrame, of: Pool) -> pd.DataFrame:
    """Answers with the `set`, `label` and `trial` of each sound, and listeners by the beginning of their tokens; those
    about sounds of another pool are left out, with a warning."""
    found = answers.merge(of.sounds, left_on="sound", right_on="id")
    if lost := len(answers) - len(found):
        print(
            f"warning: {lost} ratings are about sounds that are not in the pool: left out",
            file=sys.stderr,
        )
    columns = ["listener", "sound", "set", "label", "trial", "question", "rating"]
    return found.assign(listener=found["listener"].str[:TOKEN_SHOWN])[columns]


def metrics(answers: pd.DataFrame) -> dict[str, float]:
    """All figures by name: study.QUESTION.SET.mos, low, high and p, and study.QUESTION.alpha; those alone that there
    are."""
    found: dict[str, float | None] = {}
    for question, some in answers.groupby("question"):
        found[f"study.{question}.alpha"] = opinions.agreement(some)[0]
        for row in opinions.scores(some).to_dict("records"):
            found |= {
                f"study.{question}.{row['set']}.{name}": row[name]
                for name in ("mos", "low", "high", "p")
            }
    return {name: float(value) for name, value in found.items() if value is not None}


def _content(answers: pd.DataFrame, of: Pool, began: int, ended: int) -> dict[str, Any]:
    deaf = opinions.deaf(answers[answers["question"] == "quality"])
    hearing = answers[~answers["listener"].isin(deaf)]
    groups = [("All listeners", answers)]
    if deaf and len(hearing):
        groups.append((f"Without {', '.join(deaf)}", hearing))
    asked = {
        title: [(who, some[some["question"] == name]) for who, some in groups]
        for name, title in QUESTIONS.items()
    }
    return {
        "about": of.about,
        "silent": int((of.sounds["loudness"] == float("-inf")).sum()),
        "began": began,
        "ended": ended,
        "deaf": deaf,
        "heard": len(hearing) > 0,
        "figure": page.figure(
            plots.opinions({title: _named(every[0][1]) for title, every in asked.items()})
        ),
        "questions": {
            title: [(who, *_table(some)) for who, some in every] for title, every in asked.items()
        },
        "labels": {
            title: [(label, *_table(some)) for label, some in opinions.by_label(every[0][1])]
            for title, every in asked.items()
        },
    }


def _named(answers: pd.DataFrame) -> pd.DataFrame:
    """The scores of the answers to one question, by the names that people read."""
    found = opinions.scores(answers)
    return found.assign(set=found["set"].map(NAMES))


def _table(answers: pd.DataFrame) -> tuple[list[dict[str, str]], str]:
    """Rows of words, and a line on agreement."""
    rows = [
        {
            "set": row["set"],
            "sounds": str(row["sounds"]),
            "ratings": str(row["ratings"]),
            "score": f"{row['mos']:.2f}",
            "interval": "–" if row["low"] is None else f"{row['low']:.2f} to {row['high']:.2f}",
            "p": "–" if row["p"] is None else "< 0.001" if row["p"] < 0.001 else f"{row['p']:.3f}",
            "why": row["why"],
        }
        for row in _named(answers).to_dict("records")
    ]
    alpha, why = opinions.agreement(answers)
    return (
        rows,
        f"Krippendorff's α = {alpha:.2f}"
        if alpha is not None
        else f"Agreement cannot be said: {why}",
    )
