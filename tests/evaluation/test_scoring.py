"""Controls in their places: what is nearer to real sounds scores better, and copies are found."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA

from sonovae import params
from sonovae.codec import saved_codec, sound_files
from sonovae.codec.base import Codec
from sonovae.dataset import saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import control_sets, scoring
from sonovae.evaluation.control_sets import Scored
from sonovae.evaluation.inputs import Inputs
from sonovae.generation.studio import Studio
from sonovae.model import latent
from sonovae.model.architecture import Architecture
from sonovae.model.latent import Posterior
from sonovae.model.saved_model import Model, Space
from sonovae.params.sections import Scoring
from sonovae.project import Project
from sonovae.quality import judge
from sonovae.training import prior_fit
from stages import fetch, preprocess
from tests.making.projects import HERE, make_project
from tests.making.recordings import tone

HZ = {"low": 400, "middle": 1100, "high": 2100}
MORE, LESS = (
    ["inception_score", "precision", "density", "coverage"],
    ["am_score", "frechet_judge", "frechet_mel"],
)


class Linear:
    """A network that takes the place of a trained one: PCA, forth or back."""

    def __init__(self, pca: PCA, shape: tuple[int, int]) -> None:
        self.pca, self.shape = pca, shape

    def encode(self, pictures: np.ndarray) -> list[np.ndarray]:
        z = self.pca.transform(pictures.reshape(len(pictures), -1)).astype(np.float32)
        return [z, np.full_like(z, -6)]

    def decode(self, z: np.ndarray) -> np.ndarray:
        return (
            np.clip(self.pca.inverse_transform(z), 0, 1).astype(np.float32).reshape(-1, *self.shape)
        )


class Network:
    input_shape = (None, 20)

    def __init__(self, of: object) -> None:
        self.predict_on_batch = of


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones of three labels, each with a pitch, a length and an onset of its own."""
    rng = np.random.default_rng(1)
    root = make_project(
        tmp_path_factory.mktemp("tones"),
        fetch__source="folder",
        fetch__pattern=None,
        preprocess__split__test=0.25,
    )
    for label, hz in HZ.items():
        (root / "data/recordings" / label).mkdir()
        for i in range(60):
            samples = np.zeros(4100, np.float32)
            start, length = rng.integers(0, 1500), rng.integers(1200, 2500)
            samples[start : start + length] = tone(1, hz * rng.uniform(0.85, 1.15))[:length]
            sound_files.write(root / f"data/recordings/{label}/{i:02d}.wav", samples, 8000)
    for stage in (fetch, preprocess):
        stage.main(root)
    return root


@pytest.fixture(scope="module")
def parts(prepared: Path) -> tuple[Codec, Dataset, Model, judge.Judge]:
    c, data = (
        saved_codec.load(prepared / "data/pictures"),
        saved_dataset.load(prepared / "data/pictures"),
    )
    train = data.side("train")
    pca = PCA(20, random_state=0).fit(train.pictures[:].reshape(len(train.clips), -1))
    linear = Linear(pca, c.shape)
    posterior, others = (
        Posterior(*linear.encode(some.pictures[:])) for some in (train, data.side("validation"))
    )
    space = Space(None, latent.fit(posterior, train.clips["label"], others, seed=1))
    section = params.load(HERE / "params.yaml").judge
    found = judge.fit(data, section)
    assert found is not None
    assert found.test.accuracy > 0.9
    sizes = Architecture(c.shape, 20, "normal", None, None, None)
    networks = (Network(linear.encode), Network(linear.decode))
    return (
        c,
        data,
        Model(*networks, space, prior_fit.levels(train, [""] * len(train.clips)), sizes, "0"),
        found,
    )


@pytest.fixture(scope="module")
def sets(prepared: Path, parts: tuple[Codec, Dataset, Model, judge.Judge]) -> dict[str, Scored]:
    codec, data, trained, _ = parts
    n = len(data.side("test").clips)
    params.edit(prepared / "params.yaml", {"evaluate.scoring.sounds": n})
    p = params.load(prepared / "params.yaml")
    studio = Studio(trained, codec, p.evaluate.griffin_lim, seed=1)
    return control_sets.hear(Inputs(Project(prepared), p, studio, judge=None))


def scored(
    parts: tuple[Codec, Dataset, Model, judge.Judge], sets: dict[str, Scored], judged: bool
) -> pd.DataFrame:
    c, data, _, found = parts
    train, judging = data.side("train"), found if judged else None
    section = {"sounds": 40, "training_sounds": 40, "identity": None}
    section |= {"neighbours": 3, "bins": 10, "resamples": 20}
    p = params.parse(section, Scoring)
    return scoring.table(
        sets, scoring.see_all(c, train, judging), train.clips["label"], judging, p, seed=1
    )


@pytest.fixture(scope="module")
def found(
    parts: tuple[Codec, Dataset, Model, judge.Judge], sets: dict[str, Scored]
) -> pd.DataFrame:
    return scored(parts, sets, judged=True)


def test_each_control_is_in_its_place(found: pd.DataFrame) -> None:
    """Real ≥ real through the inverse ≥ generated > shuffled and noise.

    A density over 1 is no better: sounds that crowd together have it.
    """
    found = found.assign(density=found["density"].clip(upper=1))
    for name in MORE:
        good = found.loc[["real", "inverse", "generated"], name]
        assert good.iloc[0] >= good.iloc[1] - 0.1 * abs(good.iloc[1]), name
        assert good.iloc[1] >= good.iloc[2] - 0.1 * abs(good.iloc[2]), name
        assert good.iloc[2] > found.loc[["shuffled_pixels", "white_noise"], name].max(), name
    for name in LESS:
        good = found.loc[["real", "inverse", "generated"], name]
        bad = found.loc[["shuffled_pixels", "white_noise"], name].min()
        # Real clips are near 0, the best, where a ratio means nothing.
        noise = 0.002 * bad
        assert good.iloc[0] <= 1.1 * good.iloc[1] + noise, name
        assert good.iloc[1] <= 1.1 * good.iloc[2] + noise, name
        assert good.iloc[2] < bad, name


def test_the_mean_picture_is_sure_and_all_the_same(found: pd.DataFrame) -> None:
    assert found.loc["mean_picture", "recall"] == 0
    assert found.loc["mean_picture", "inception_score"] == pytest.approx(1)


def test_labels_are_heard_where_they_are_there(found: pd.DataFrame) -> None:
    accuracy = found["accuracy"]
    assert accuracy["real"] > 0.9
    assert accuracy["generated_by_label"] > 0.9
    assert accuracy["shuffled_pixels"] < 0.6
    assert np.isnan(accuracy["generated"])


def test_copies_of_training_clips_are_flagged_and_nothing_else(found: pd.DataFrame) -> None:
    assert found.loc["training_copies", "copies"] > 0.95
    assert found.loc["training_copies", "copy_ratio"] < 0.01
    assert found.loc[["real", "white_noise", "shuffled_pixels"], "copies"].max() < 0.1
    assert found.loc["real", "copy_ratio"] == pytest.approx(1)


def test_intervals_hold_the_score(found: pd.DataFrame) -> None:
    for name in ("frechet_mel", "inception_score", "precision"):
        assert (found[f"{name}_low"] <= found[name] + 1e-9).all()
        assert (found[name] <= found[f"{name}_high"] + 1e-9).all()


def test_without_a_judge_there_are_fewer_scores(
    parts: tuple[Codec, Dataset, Model, judge.Judge], sets: dict[str, Scored], found: pd.DataFrame
) -> None:
    fewer = scored(
        parts, {name: sets[name] for name in ("real", "generated", "white_noise")}, judged=False
    )
    assert {"frechet_mel", "precision", "recall", "copies"} <= set(fewer)
    assert not {"accuracy", "inception_score", "frechet_judge"} & set(fewer)
    assert fewer.loc["generated", "frechet_mel"] == pytest.approx(
        found.loc["generated", "frechet_mel"]
    )
    assert fewer.loc["real", "precision"] > fewer.loc["white_noise", "precision"]
