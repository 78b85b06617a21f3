"""New sounds are as loud as recordings: of their label, and with the same spread over all."""

from pathlib import Path

import numpy as np
import pytest

from sonovae.codec import sound_files
from sonovae.dataset import saved_dataset
from sonovae.evaluation import control_sets
from sonovae.evaluation.inputs import Inputs
from sonovae.generation import studio
from sonovae.generation.studio import Studio
from sonovae.params import load
from sonovae.params.sections import GriffinLim
from sonovae.project import Project
from stages import fetch, preprocess, prior, train
from tests.making.projects import make_project
from tests.making.recordings import tone

LEVELS_DB = {"loud": -6.0, "quiet": -46.0}
EACH = 30
FEW = GriffinLim(iterations=4, momentum=0.99)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tones of two labels, which differ by 40 dB and within ± 2 dB."""
    rng = np.random.default_rng(1)
    root = make_project(
        tmp_path_factory.mktemp("levels"),
        fetch__source="folder",
        fetch__folder="data/own",
        fetch__pattern=None,
    )
    for label, level in LEVELS_DB.items():
        (root / "data/own" / label).mkdir(parents=True)
        for n in range(EACH):
            samples = tone(0.6, rng.uniform(400, 2000))
            peak = 10 ** ((level + rng.uniform(-2, 2)) / 20)
            samples = peak * samples / np.abs(samples).max()
            sound_files.write(root / f"data/own/{label}/{n:02d}.wav", samples, 8000)
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    return root


@pytest.fixture(scope="module")
def at_hand(root: Path) -> Studio:
    return studio.load(root / "data/model", FEW, seed=1)


def peaks_db(sounds: np.ndarray) -> np.ndarray:
    return 20 * np.log10(np.abs(np.asarray(sounds)).max(axis=1))


def recorded_db(root: Path) -> np.ndarray:
    """Peaks of the training clips, from their gains: each recording is levelled to −1 dBFS."""
    clips = saved_dataset.load(root / "data/pictures").side("train").clips
    return -1 - 20 * np.log10(clips["gain"].to_numpy())


@pytest.mark.parametrize("label", LEVELS_DB)
def test_new_sounds_have_the_level_of_their_label(at_hand: Studio, label: str) -> None:
    peaks = peaks_db(at_hand.generate(20, label))
    assert np.median(peaks) == pytest.approx(LEVELS_DB[label], abs=5)
    assert np.abs(at_hand.generate(20, label)).max() <= 1


def test_levels_vary_as_those_of_recordings(root: Path, at_hand: Studio) -> None:
    wanted = recorded_db(root).std()
    assert peaks_db(at_hand.generate(60)).std() == pytest.approx(wanted, rel=0.15)
    assert wanted > 15


def test_with_the_typical_gain_levels_would_hardly_vary(at_hand: Studio) -> None:
    items = at_hand.items(at_hand.draw(60))
    codec = at_hand.codec
    equal = [codec.restore_level(item, codec.typical) for item in items]
    assert peaks_db(np.stack(equal)).std() < 3


def test_the_first_sounds_are_as_loud_however_many_are_made(at_hand: Studio) -> None:
    np.testing.assert_array_equal(at_hand.generate(2), at_hand.generate(5)[:2])


def test_sets_of_new_sounds_have_the_levels_of_their_labels(root: Path, at_hand: Studio) -> None:
    inputs = Inputs(Project(root), load(root / "params.yaml"), at_hand, None)
    like = inputs.dataset
    sets = control_sets.generated(inputs, like, np.random.default_rng(1))
    for drawn in sets.values():
        gains = np.array([scale.gain for scale in drawn.scales])
        levels = -1 - 20 * np.log10(gains)
        assert levels.std() == pytest.approx(recorded_db(root).std(), rel=0.15)
    drawn = sets["generated_by_label"]
    for scale, label in zip(drawn.scales, drawn.labels, strict=True):
        level = -1 - 20 * np.log10(scale.gain)
        assert level == pytest.approx(LEVELS_DB[label], abs=2.1)
