"""Report of a study: a page, a table of all ratings, and its figures in the model's run."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import tracking
from sonovae.errors import UserError
from sonovae.listening import opinions, pool
from sonovae.listening.answers import QUESTIONS, TOKEN_SHOWN, Answers
from sonovae.listening.pool import Pool
from sonovae.listening.sounds import REFERENCE
from sonovae.pages import page, plots
from sonovae.project import STUDY

logger = logging.getLogger(__name__)

CSV = f"{STUDY}/answers.csv"
PAGE = f"{STUDY}/report.html"
TITLES = {REFERENCE: "hidden reference"}
"""Names of sets for readers; the other sets keep their own."""
FIGURES = ("mos", "low", "high", "p")
"""Columns of a set's scores that are metrics."""


def write(root: Path) -> Path:
    """Write answers.csv and report.html, log both to the model's run, and return the page.

    UserError if nothing is rated yet.
    """
    sounds = pool.load(root)
    stored = Answers(root, sounds.sounds["id"])
    answers = joined(stored.table(), sounds)
    if answers.empty:
        raise UserError("study/ holds no ratings yet: listeners give them on the app's page /study")
    answers.to_csv(root / CSV, index=False, lineterminator="\n")
    began, finished = stored.listeners()
    counts = {"began": began, "ended": finished}
    page.write(root / PAGE, "study_report.html", counts | _content(answers, sounds))
    files = [root / PAGE, root / CSV, sounds.folder / "pool.csv"]
    figures = metrics(answers) | {"study.listeners": finished}
    tracking.log_study(root, sounds.about.model, figures, files)
    return root / PAGE


def joined(answers: pd.DataFrame, sounds: Pool) -> pd.DataFrame:
    """Join each answer with the `set`, `label` and `trial` of its sound, and shorten tokens.

    Answers about sounds of another pool are left out, with a warning.
    """
    table = answers.merge(sounds.sounds, left_on="sound", right_on="id")
    lost = len(answers) - len(table)
    if lost:
        logger.warning("%d ratings are about sounds that are not in the pool: left out", lost)
    columns = ["listener", "sound", "set", "label", "trial", "question", "rating"]
    # Whoever has a whole token can rate in that listener's name.
    return table.assign(listener=table["listener"].str[:TOKEN_SHOWN])[columns]


def metrics(answers: pd.DataFrame) -> dict[str, float]:
    """Return the known figures by name: study.QUESTION.SET.mos, low, high and p, and .alpha."""
    figures: dict[str, float | None] = {}
    for question, rows in answers.groupby("question"):
        figures[f"study.{question}.alpha"], _ = opinions.agreement(rows)
        for score in opinions.scores(rows).to_dict("records"):
            for name in FIGURES:
                figures[f"study.{question}.{score['set']}.{name}"] = score[name]
    return {name: float(value) for name, value in figures.items() if value is not None}


def _content(answers: pd.DataFrame, sounds: Pool) -> dict[str, Any]:
    failed = opinions.failed_screening(answers[answers["question"] == "quality"])
    passed = answers[~answers["listener"].isin(failed)]
    # Both are shown: leaving listeners out is a choice that a reader must be able to judge.
    groups = {"All listeners": answers}
    if failed and len(passed):
        groups[f"Without {', '.join(failed)}"] = passed
    figure = {}
    questions = {}
    labels = {}
    for name, title in QUESTIONS.items():
        rows = answers[answers["question"] == name]
        figure[title] = _scores(rows)
        questions[title] = [
            (group, *_table(members[members["question"] == name]))
            for group, members in groups.items()
        ]
        labels[title] = [(label, *_table(own)) for label, own in opinions.by_label(rows)]
    return {
        "about": sounds.about,
        "silent": int((sounds.sounds["loudness"] == float("-inf")).sum()),
        "failed": failed,
        "heard": len(passed) > 0,
        "figure": page.figure(plots.opinions(figure)),
        "questions": questions,
        "labels": labels,
    }


def _scores(answers: pd.DataFrame) -> pd.DataFrame:
    """Return the scores of the answers to one question, with the sets' titles."""
    scores = opinions.scores(answers)
    return scores.assign(set=scores["set"].replace(TITLES))


def _table(answers: pd.DataFrame) -> tuple[list[dict[str, str]], str]:
    """Return the scores as text, and a line on agreement."""
    rows = [_row(score) for score in _scores(answers).to_dict("records")]
    alpha, why = opinions.agreement(answers)
    if alpha is None:
        return rows, f"Agreement cannot be computed: {why}"
    return rows, f"Krippendorff's α = {alpha:.2f}"


def _row(score: dict[Any, Any]) -> dict[str, str]:
    interval = "–" if score["low"] is None else f"{score['low']:.2f} to {score['high']:.2f}"
    p = "–"
    if score["p"] is not None:
        p = "< 0.001" if score["p"] < 0.001 else f"{score['p']:.3f}"
    return {
        "set": score["set"],
        "sounds": str(score["sounds"]),
        "ratings": str(score["ratings"]),
        "score": f"{score['mos']:.2f}",
        "interval": interval,
        "p": p,
        "why": score["why"],
    }
