"""Evaluation of a model: its numbers, the sounds to compare, and the figures; each from the same inputs."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from sonovae.arrays import Floats32, Item
from sonovae.codec.base import Codec
from sonovae.codec.scaling import Scale
from sonovae.dataset import baselines
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import (
    clip_errors,
    control_sets,
    maps,
    metrics,
    nearest,
    reconstructions,
    result_page,
    scoring,
    unseen,
)
from sonovae.evaluation.judge import Judge
from sonovae.evaluation.scoring import Seen
from sonovae.evaluation.unseen import Met
from sonovae.generation import sampling
from sonovae.model import health, latent
from sonovae.model.saved_model import Model
from sonovae.pages import page, plots
from sonovae.params.sections import Evaluate, Generate
from sonovae.project import Project

MOST_PICTURES = 8
"""Of a row of a figure."""
DIMENSIONS, STEPS = 5, np.linspace(-2.5, 2.5, 7)
"""Of z that are moved along, and how far, in standard deviations."""


@dataclass(frozen=True)
class Evaluation:
    """A model's folder and what lies in it, the clips, the folders of recordings and of such that were never in the
    dataset, the judge, and the parameters."""

    folder: Path
    raw: Path
    unseen: Path
    trained: Model
    c: Codec
    history: dict[str, pd.DataFrame]
    judge: Judge | None
    data: Dataset
    p: Evaluate
    g: Generate

    @cached_property
    def train(self) -> Dataset:
        """The training split."""
        return self.data.side("train")

    @cached_property
    def test(self) -> Dataset:
        """The test split."""
        return self.data.side("test")

    @cached_property
    def floors(self) -> baselines.Floors:
        """What the model is held against."""
        return baselines.fit(self.train.pictures, self.trained.latent_size, self.p.seed)

    @cached_property
    def clips(self) -> pd.DataFrame:
        """A row of numbers for each test clip."""
        losses = self.history["losses"]
        variance = float(
            losses["mse"].iloc[losses["val_loss"].argmin()]
        )  # of the epoch whose weights were kept
        return clip_errors.measure(
            self.trained, self.folder, self.c, self.test, self.floors, variance, self.p.seed
        )

    @cached_property
    def known(self) -> Seen:
        """All training clips, as they are scored."""
        return scoring.see_all(self.c, self.train, self.judge)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """A row for each set, generated ones and controls."""
        test = self.test.some(self.p.scoring.sounds, self.p.seed)
        train, back = self.train.some(len(test.clips), self.p.seed), self.p.griffin_lim
        new = control_sets.generated(self.trained, self.c, self.g, len(test.clips), self._place)
        sets = control_sets.heard(
            self.trained, self.c, train, test, self.floors, new, back, self.p.seed
        )
        return scoring.table(
            sets, self.known, self.train.clips["label"], self.judge, self.p.scoring, self.p.seed
        )

    @cached_property
    def _place(self) -> sampling.Place:
        project = Project(self.raw.parents[1])
        return sampling.places(self.trained, project.pictures, project.recordings)

    @cached_property
    def shown(self) -> reconstructions.Shown:
        """The clips that the parameters name."""
        some = reconstructions.choose(self.raw, self.data, self.p.shown, self.p.seed)
        items = reconstructions.originals(self.raw, self.c, some.clips)
        return self._shown(items, self.c.clip_scales(some.clips), some.pictures[:])

    def _shown(
        self, items: list[Item], scales: list[Scale], pictures: Floats32
    ) -> reconstructions.Shown:
        restored = reconstructions.restore(self.trained, self.folder, pictures)
        return reconstructions.show(self.c, items, scales, pictures, restored)

    @cached_property
    def met(self) -> Met:
        """Recordings that were never in the dataset."""
        return unseen.meet(self.unseen, self.trained, self.c, self.floors, self.p.shown.count)

    @cached_property
    def posterior(self) -> latent.Posterior:
        """Of all training clips."""
        return latent.encode(self.trained.encoder, self.train.pictures)

    def numbers(self) -> dict[str, Any]:
        """metrics.json, but for the codec's."""
        return clip_errors.summary(self.clips, self.p.scoring.resamples, self.p.seed) | {
            "health": health.metrics(
                self.posterior, self.trained.space.prior, self.history["losses"], self.p.seed
            ),
            "generated": self.scores.loc["generated"].dropna().to_dict(),
            "judge": {"accuracy": self.judge.accuracy} if self.judge else {},
            "unseen": self.met.errors[unseen.ERRORS].mean().to_dict() if self.met.items else {},
            "latent": self._separation(),
            "model": {"parameters": self.trained.parameters},
        }

    def figures(self) -> dict[str, tuple[str, Figure]]:
        """Each by the name of its file, with a title."""
        rows = reconstructions.pictures(self.c, self.shown, MOST_PICTURES)
        return {
            "reconstructions": (
                "Originals over reconstructions",
                plots.rows(rows, self.c.extent, self.c.unit),
            ),
            "health": ("Errors by epoch, and each dimension of z", plots.health(**self.history)),
            "latent": ("Maps of the latent space", self._maps()),
            "traversal": ("Along single dimensions of z", self._traversal()),
        }

    def _separation(self) -> dict[str, float]:
        sides = [side.some(self.p.map_clips, self.p.seed) for side in (self.train, self.test)]
        (train, labels), (test, wanted) = (
            (latent.encode(self.trained.encoder, some.pictures).mean, some.clips["label"].tolist())
            for some in sides
        )
        return metrics.class_separation(train, labels, test, wanted)

    def _maps(self) -> Figure:
        """The posterior means of clips from all splits, as maps."""
        some = self.data.some(self.p.map_clips, self.p.seed)
        z = latent.encode(self.trained.encoder, some.pictures).mean
        test = (some.clips["split"] == "test").to_numpy()
        return plots.maps(
            maps.draw(z, self.p.maps, self.p.seed), some.clips["label"].tolist(), test
        )

    def _traversal(self) -> Figure:
        """What moving along each of the strongest dimensions does: those of most KL or, without one, most variance."""
        density, prior = self.trained.space.density, self.trained.space.prior
        strength = (
            latent.kl_by_dim(self.posterior) if prior and prior.is_standard else density.variance
        )
        rows = {
            f"dimension {i + 1}": list(
                latent.decode(self.trained.decoder, latent.traverse(density, i, STEPS))
            )
            for i in np.argsort(-strength)[:DIMENSIONS]
        }
        return plots.rows(rows, self.c.extent, self.c.unit)

    def write(self, out: Path, root: Path) -> dict[str, Any]:
        """All of it into a folder; returns the numbers."""
        found = self.numbers()
        found["codec"] = reconstructions.write(
            out / "reconstructions", self.c, self.shown, self.p.griffin_lim, self.p.seed
        )
        self._write_nearest(out / "nearest")
        self._write_unseen(out / "unseen")
        figures = self.figures()
        for name, (_, figure) in figures.items():
            plots.save(figure, out / f"{name}.png")
        tables = {
            "clips": self.clips,
            "breakdown": clip_errors.breakdown(self.clips),
            "scores": self.scores.reset_index(),
            "unseen/errors": self.met.errors,
        }
        for name, table in tables.items():
            table.to_csv(out / f"{name}.csv", index=False, float_format="%.6g", lineterminator="\n")
        found = metrics.rounded(found)
        (out / "metrics.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        self._write_page(out, root, found, dict(figures.values()), tables)
        return found

    def _write_nearest(self, out: Path) -> None:
        n, back = self.p.shown.count, self.p.griffin_lim
        z = sampling.draw(
            self.trained.space, self.g, n, np.random.default_rng(self.g.seed), self._place
        )
        nearest.write(
            out, self.raw, self.trained, self.c, z, self.train, self.known, back, self.g.seed
        )

    def _write_unseen(self, out: Path) -> None:
        """The first of them, as those of the dataset are shown."""
        if not self.met.items:
            out.mkdir()
            return
        shown = self._shown(self.met.items, self.met.scales, self.met.pictures)
        reconstructions.write(out, self.c, shown, self.p.griffin_lim, self.p.seed)

    def _write_page(
        self,
        out: Path,
        root: Path,
        found: dict[str, Any],
        figures: dict[str, Figure],
        tables: dict[str, pd.DataFrame],
    ) -> None:
        result_page.write(
            out / "report.html",
            root,
            self.trained.id,
            result_page.headline(found, self.scores, self.judge.accuracy if self.judge else None),
            {
                "Clips and reconstructions": page.players(out / "reconstructions", "original"),
                "New sounds, and what they are nearest to": page.players(
                    out / "nearest", "generated"
                ),
                "Recordings that were never in the dataset": page.players(
                    out / "unseen", "original"
                ),
            },
            figures,
            {
                "Generated sounds among controls": result_page.table_of(self.scores),
                "By label and group": result_page.in_short(tables["breakdown"]),
                "Recordings that were never in the dataset: errors": result_page.in_short(
                    self.met.errors
                ),
            },
        )
