"""evaluate's outs: numbers, sounds to compare, figures, tables and the result page."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sonovae.arrays import Floats32
from sonovae.evaluation import (
    clip_errors,
    control_sets,
    figures,
    metrics,
    quality_table,
    reconstructions,
    result_page,
    scoring,
    sound_comparison,
    unseen,
)
from sonovae.evaluation.control_sets import Scored
from sonovae.evaluation.inputs import Inputs
from sonovae.evaluation.reconstructions import Shown
from sonovae.evaluation.unseen import Unseen
from sonovae.model import health
from sonovae.pages import plots

QUALITY = "quality.txt"
"""File of the sentences and goals that `make quality` prints."""


@dataclass(frozen=True)
class Compared:
    """Sets of sounds, the training clips' log-mel embeddings [N, D], and the scores of the sets.

    `bands` names the frequencies at which new sounds differ from recordings.
    """

    sets: dict[str, Scored]
    training_mel: Floats32
    scores: pd.DataFrame
    bands: str


def write(out: Path, inputs: Inputs) -> dict[str, Any]:
    """Write everything to a folder, and return what metrics.json holds."""
    # UMAP takes long to load, so it computes meanwhile.
    finish_maps = figures.begin_maps(inputs)
    errors = clip_errors.measure(inputs)
    compared = compare(inputs)
    new = unseen.reconstruct(inputs)
    numbers = measure(inputs, errors, compared.scores, new)
    shown = reconstructions.of_clips(inputs, compared.sets)
    numbers["codec"] = _write_sounds(out, inputs, compared, shown, new)
    drawn = figures.draw(inputs, shown, finish_maps())
    for name, figure in drawn.items():
        plots.save(figure, out / f"{name}.png")
    tables = {
        "clips": errors,
        "breakdown": clip_errors.breakdown(errors),
        "scores": compared.scores.reset_index(),
        "unseen/errors": new.errors,
    }
    for name, table in tables.items():
        # More digits would only show rounding.
        path = out / f"{name}.csv"
        table.to_csv(path, index=False, float_format="%.6g", lineterminator="\n")
    rounded = metrics.rounded(numbers)
    (out / "metrics.json").write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    quality = quality_table.text(compared.scores, compared.bands)
    (out / QUALITY).write_text(quality, encoding="utf-8")
    _write_page(out, inputs, rounded, compared, drawn, tables)
    return rounded


def compare(inputs: Inputs) -> Compared:
    """Make the sets of sounds, and score each against recordings."""
    settings = inputs.settings
    classifier = inputs.usable_judge
    known = scoring.see_all(inputs.studio.codec, inputs.train, classifier)
    sets = control_sets.hear(inputs)
    labels = inputs.train.clips["label"]
    judged = scoring.table(sets, known, labels, classifier, settings.scoring, seed=settings.seed)
    comparison = sound_comparison.compare(inputs, sets)
    return Compared(sets, known.mel, judged.join(comparison.scores), comparison.bands)


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
        **quality_table.metrics(scores),
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


def _write_sounds(
    out: Path, inputs: Inputs, compared: Compared, shown: Shown, new: Unseen
) -> dict[str, float]:
    """Write sounds to compare; return what the codec loses of the clips that are shown."""
    codec = inputs.studio.codec
    generated = compared.sets["generated"]
    lost = reconstructions.write(out / "reconstructions", codec, shown)
    reconstructions.write_nearest(out / "nearest", inputs, generated, compared.training_mel)
    if new.items:
        reconstructions.write(out / "unseen", codec, reconstructions.of_unseen(inputs, new))
    else:
        (out / "unseen").mkdir()
    return lost


def _write_page(
    out: Path,
    inputs: Inputs,
    numbers: dict[str, Any],
    compared: Compared,
    drawn: dict[str, Figure],
    tables: dict[str, pd.DataFrame],
) -> None:
    scores = compared.scores
    shown = {
        "New sounds and their goals": quality_table.table(scores),
        "Generated sounds among controls": result_page.table_of(scores),
        "By label and group": result_page.in_short(tables["breakdown"]),
        "Recordings that were never in the dataset: errors": result_page.in_short(
            tables["unseen/errors"]
        ),
    }
    words = quality_table.words(scores, compared.bands)
    lines = result_page.headline(numbers, scores)
    result_page.write(out, inputs, words, lines, drawn, shown)
