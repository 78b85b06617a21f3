"""What a notebook uses: sonovae.load, the Studio that it returns, and sonovae.save."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sonovae
from sonovae import params
from sonovae.codec import sound_files
from sonovae.errors import UserError
from sonovae.generation import item_files
from sonovae.generation.studio import Studio
from stages import fetch, generate, preprocess, prior, train
from tests.making.projects import make_project
from tests.making.recordings import tone


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("api"))
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    return root


@pytest.fixture(scope="module")
def studio(root: Path) -> Studio:
    return sonovae.load(str(root / "data/model"))


def test_a_studio_says_what_it_is(root: Path, studio: Studio) -> None:
    assert studio.labels == ["fall", "rise", "steady", "trill"]
    assert (studio.sample_rate, studio.seconds) == (8000, 0.496)
    what = "sounds of 0.496 s at 8000 Hz; fall, rise, steady, trill"
    assert repr(studio) == f"<Studio of model {studio.model.id[:8]}: {what}>"


def test_the_inverse_is_set_by_the_models_project_or_the_starter(
    root: Path, studio: Studio, tmp_path: Path
) -> None:
    assert studio.griffin_lim == params.load(root / "params.yaml").generate.griffin_lim
    assert studio.griffin_lim.iterations == 8
    shutil.copytree(root / "data/model", tmp_path / "elsewhere")
    shutil.copytree(root / "data/prior", tmp_path / "elsewhere/prior")
    assert sonovae.load(tmp_path / "elsewhere").griffin_lim.iterations == 32


def test_new_sounds_are_samples_within_full_scale(studio: Studio) -> None:
    sounds = studio.generate(8, label="rise", seed=1, temperature=0.8)
    assert sounds.shape == (8, round(0.496 * 8000))
    assert sounds.dtype == np.float32
    assert 0.01 < np.abs(sounds).max() <= 1
    np.testing.assert_array_equal(sounds, studio.generate(8, "rise", seed=1, temperature=0.8))
    assert not np.array_equal(sounds, studio.generate(8, "rise", seed=2, temperature=0.8))
    with pytest.raises(UserError, match="generate.label = 'polka': the model knows fall"):
        studio.generate(1, "polka")


def test_new_sounds_are_those_that_the_stage_writes(root: Path, studio: Studio) -> None:
    generate.main(root)
    written, _ = sound_files.read(root / "data/samples/sound_002.wav")
    np.testing.assert_allclose(studio.generate(3)[1], written, atol=2**-15)


def test_z_goes_to_pictures_and_back(studio: Studio) -> None:
    z = studio.draw(4)
    pictures = studio.decode(z)
    assert pictures.shape == (4, *studio.codec.shape)
    assert studio.encode(pictures).mean.shape == z.shape


def test_a_file_is_reconstructed_and_varied(studio: Studio, tmp_path: Path) -> None:
    path = tmp_path / "mine.wav"
    sound_files.write(path, tone(1.1, sample_rate=16000), 16000)
    restored = studio.reconstruct(str(path))
    assert restored.shape == (round(1.1 * 8000),)
    assert np.abs(restored).max() <= 1
    varied = studio.vary(str(path), 4)
    assert len(varied) == 4
    assert varied.origin.about["from"] == "clip mine.wav"


def test_between_two_places_lie_both_ends(studio: Studio) -> None:
    start, end = studio.draw(2)
    sounds = studio.between(start, end, 9)
    assert len(sounds) == 9
    np.testing.assert_allclose(sounds.origin.z[[0, -1]], [start, end], atol=1e-4)
    labels = studio.between("rise", "fall", 3)
    np.testing.assert_allclose(labels.origin.z[0], studio.place("rise")[0], atol=1e-4)


def test_chosen_sounds_are_saved_with_their_own_origin(studio: Studio, tmp_path: Path) -> None:
    sounds = studio.generate(4, "rise")
    chosen = 0.5 * sounds[[3, 1]]
    sonovae.save(chosen, str(tmp_path / "best"))
    samples, rate = sound_files.read(tmp_path / "best/sound_002.wav")
    assert rate == 8000
    np.testing.assert_allclose(samples, 0.5 * sounds[1], atol=2**-15)
    np.testing.assert_array_equal(np.load(tmp_path / "best/z.npy"), sounds.origin.z[[3, 1]])
    about = item_files.read_provenance(tmp_path / "best/sound_001.wav")
    assert (about["model"], about["label"], about["row_of_z"]) == (studio.model.id, "rise", 0)
    assert list(pd.read_csv(tmp_path / "best/index.csv")["row_of_z"]) == [0, 1]
    with pytest.raises(UserError, match="best exists: name a folder that does not exist yet"):
        sonovae.save(chosen, tmp_path / "best")


def test_an_array_without_an_origin_is_refused(studio: Studio, tmp_path: Path) -> None:
    for nothing in (np.zeros((2, 10), np.float32), studio.generate(2)[:, :100]):
        with pytest.raises(ValueError, match="sounds have no origin"):
            sonovae.save(nothing, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert type(studio.generate(2)[0]) is np.ndarray
