"""evaluate's outs: numbers, sounds to compare, figures, tables and the result page."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae.evaluation import (
    clip_errors,
    control_sets,
    figures,
    metrics,
    reconstructions,
    result_page,
    scoring,
    unseen,
)
from sonovae.evaluation.inputs import Inputs
from sonovae.evaluation.unseen import Unseen
from sonovae.model import health
from sonovae.pages import plots


def write(out: Path, inputs: Inputs) -> dict[str, Any]:
    """Write everything to a folder, and return what metrics.json holds."""
    codec = inputs.studio.codec
    settings = inputs.settings
    errors = clip_errors.measure(inputs)
    classifier = inputs.usable_judge
    known = scoring.see_all(codec, inputs.train, classifier)
    sets = control_sets.hear(inputs)
    labels = inputs.train.clips["label"]
    scores = scoring.table(sets, known, labels, classifier, settings.scoring, seed=settings.seed)
    new = unseen.reconstruct(inputs)
    numbers = measure(inputs, errors, scores, new)
    shown = reconstructions.of_clips(inputs, sets)
    numbers["codec"] = reconstructions.write(out / "reconstructions", codec, shown)
    reconstructions.write_nearest(out / "nearest", inputs, sets["generated"], known.mel)
    _write_unseen(out / "unseen", inputs, new)
    drawn = figures.draw(inputs, shown)
    for name, figure in drawn.items():
        plots.save(figure, out / f"{name}.png")
    tables = {
        "clips": errors,
        "breakdown": clip_errors.breakdown(errors),
        "scores": scores.reset_index(),
        "unseen/errors": new.errors,
    }
    for name, table in tables.items():
        # More digits would only show rounding.
        path = out / f"{name}.csv"
        table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    rounded = metrics.rounded(numbers)
    (out / "metrics.json").write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    page_tables = {
        "Generated sounds among controls": result_page.table_of(scores),
        "By label and group": result_page.in_short(tables["breakdown"]),
        "Recordings that were never in the dataset: errors": result_page.in_short(new.errors),
    }
    lines = result_page.headline(rounded, scores)
    result_page.write(out, inputs, lines, drawn, page_tables)
    return rounded


def measure(
    inputs: Inputs, errors: pd.DataFrame, scores: pd.DataFrame, new: Unseen
) -> dict[str, Any]:
    """Return the numbers of metrics.json, except the codec's."""
    settings = inputs.settings
    space = inputs.studio.model.space
    posterior = inputs.posterior(inputs.train)
    losses = inputs.history["losses"]
    return clip_errors.summary(errors, settings.scoring.resamples, settings.seed) | {
        "health": health.metrics(posterior, space.prior, losses, settings.seed),
        "generated": scores.loc["generated"].dropna().to_dict(),
        "judge": inputs.judge.numbers if inputs.judge else {},
        "unseen": new.errors[unseen.ERRORS].mean().to_dict() if new.items else {},
        "latent": _separation(inputs),
        "model": {"parameters": inputs.studio.model.parameters},
    }


def _separation(inputs: Inputs) -> dict[str, float]:
    """Return how far labels lie apart in z, of as many clips as are on the maps."""
    settings = inputs.settings
    train = inputs.train.some(settings.map_clips, settings.seed)
    test = inputs.test.some(settings.map_clips, settings.seed)
    return metrics.class_separation(
        inputs.latents(train),
        train.clips["label"].tolist(),
        inputs.latents(test),
        test.clips["label"].tolist(),
    )


def _write_unseen(out: Path, inputs: Inputs, new: Unseen) -> None:
    if not new.items:
        out.mkdir()
        return
    shown = reconstructions.of_unseen(inputs, new)
    reconstructions.write(out, inputs.studio.codec, shown)
