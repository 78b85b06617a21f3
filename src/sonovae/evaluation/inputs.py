"""Inputs of an evaluation: model, clips, judge, parameters; each clip is encoded once."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from sonovae.arrays import Item, Latents
from sonovae.dataset import baselines, original_items, pca_density, saved_dataset
from sonovae.dataset.baselines import Floors
from sonovae.dataset.pca_density import PcaDensity
from sonovae.dataset.saved_dataset import Dataset
from sonovae.generation import sampling
from sonovae.generation.sampling import Place
from sonovae.generation.studio import Studio
from sonovae.model import health, saved_networks
from sonovae.model.latent import Posterior
from sonovae.params.sections import Evaluate, Generate, Params
from sonovae.project import Project
from sonovae.quality import judge
from sonovae.quality.judge import Judge


@dataclass(frozen=True)
class Inputs:
    """A project's model with the data, the judge and the parameters that it is evaluated by."""

    project: Project
    params: Params
    studio: Studio
    judge: Judge | None

    @property
    def settings(self) -> Evaluate:
        """The evaluate section."""
        return self.params.evaluate

    @property
    def generate(self) -> Generate:
        """The generate section: new sounds are drawn as that stage draws them."""
        return self.params.generate

    @property
    def usable_judge(self) -> Judge | None:
        """The judge for scores; None if it cannot judge."""
        return judge.usable(self.judge)

    @cached_property
    def dataset(self) -> Dataset:
        """Clips of all splits."""
        return saved_dataset.load(self.project.pictures)

    @cached_property
    def train(self) -> Dataset:
        """The training split."""
        return self.dataset.side("train")

    @cached_property
    def test(self) -> Dataset:
        """The test split."""
        return self.dataset.side("test")

    @cached_property
    def scored_test(self) -> Dataset:
        """Test clips that are compared with as many generated sounds."""
        return self.test.some(self.settings.scoring.sounds, self.settings.seed)

    @cached_property
    def baselines(self) -> Floors:
        """Mean picture and PCA of the training pictures."""
        size = self.studio.model.latent_size
        return baselines.fit(self.train.pictures, size, self.settings.seed)

    @cached_property
    def pca_density(self) -> PcaDensity:
        """New sounds of a linear model, to compare the model's with."""
        held_out = self.dataset.side("validation")
        return pca_density.fit(self.baselines, self.train, held_out, self.settings.seed)

    @cached_property
    def history(self) -> dict[str, pd.DataFrame]:
        """Losses and KL by epoch of training."""
        return saved_networks.history(self.project.model)

    @cached_property
    def noise_variance(self) -> float:
        """Variance of the Gaussian likelihood: the training error of the kept weights."""
        return float(health.kept(self.history["losses"])["mse"])

    @cached_property
    def place(self) -> Place:
        """Function that finds z [latent_size] of a label or recording by its name."""
        project = self.project
        return sampling.places(self.studio.model, project.pictures, project.recordings)

    def posterior(self, clips: Dataset) -> Posterior:
        """Posterior of some clips of the dataset, [N, latent_size] each."""
        # Row numbers of the whole array, whatever was chosen of it.
        rows = clips.pictures.rows
        whole = self._posterior
        return Posterior(whole.mean[rows], whole.log_var[rows])

    def latents(self, clips: Dataset) -> Latents:
        """Posterior means z [N, latent_size] of some clips of the dataset."""
        return self.posterior(clips).mean

    # All splits in one pass, since the maps show clips of each.
    @cached_property
    def _posterior(self) -> Posterior:
        return self.studio.encode(self.dataset.pictures)

    def originals(self, clips: Dataset) -> list[Item]:
        """Levelled items of some clips, as the recordings hold them."""
        return original_items.read(self.project.raw, self.studio.codec, clips.clips)
