"""The page of a result says what the numbers mean, whichever way they fall."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sonovae import params
from sonovae.codec.image_codec import ImageCodec
from sonovae.codec.scaling import Scale
from sonovae.codec.sound_codec import SoundCodec
from sonovae.evaluation import result_page
from sonovae.generation import item_files
from sonovae.model import health
from sonovae.pages import page
from sonovae.params.sections import Params
from tests.making.projects import HERE
from tests.making.recordings import tone


def found(pca_ratio: float = 0.9, **flags: float) -> dict[str, dict[str, object]]:
    return {
        "test": {"mse": 0.001, "pca_ratio": pca_ratio, "kl": 20.0, "kl_per_dim": 0.5},
        "floors": {"pca": 0.001 / pca_ratio, "mean_picture": 0.01},
        "interval": {"mse": {"low": 0.0009, "high": 0.0011}},
        "judge": {},
        "health": dict.fromkeys(health.FLAGS, 0.0) | flags,
    }


@pytest.fixture
def scores() -> pd.DataFrame:
    rows = {
        "frechet_mel": [900.0, 600, 90000, 800],
        "copies": [0.1, 0, 0, 0],
        "copy_ratio": [0.8, 1, 9, 1],
    }
    rows |= {"accuracy": [np.nan, 0.9, np.nan, 0.7], "frechet_mel_low": [800.0, 500, 80000, 700]}
    names = ["generated", "real", "white_noise", "generated_by_label"]
    table = pd.DataFrame(rows, index=pd.Index(names, name="set"))
    return table.assign(frechet_mel_high=table["frechet_mel"] + 100)


def test_it_says_whether_the_model_is_better_than_pca(scores: pd.DataFrame) -> None:
    better = dict(result_page.headline(found(), scores))["Reconstruction"]
    assert better.startswith("mean squared error 0.00100 (0.00090 to 0.00110), below PCA's 0.00111")
    worse = dict(result_page.headline(found(pca_ratio=1.1), scores))["Reconstruction"]
    assert "NOT below PCA's 0.00091" in worse


def test_scores_stand_beside_what_they_are_held_against(scores: pd.DataFrame) -> None:
    judged = {"accuracy": 0.96, "accuracy_low": 0.9, "accuracy_high": 0.98, "chance": 0.25}
    numbers = found() | {"judge": judged | {"can_judge": 1.0}}
    said = dict(result_page.headline(numbers, scores))
    assert said["Log-mel Fréchet distance"] == "900; real 600, white noise 90,000"
    assert said["Labels"] == (
        "70% of the labels that were asked for are heard by the judge, which names 96 % (90 to"
        " 98 %) of real test clips right, chance is 25 %"
    )
    assert said["Copies"].startswith("10% flagged; 0.80 times")
    assert "Labels" not in dict(result_page.headline(found(), scores))


def test_a_judge_that_cannot_judge_scores_no_label(scores: pd.DataFrame) -> None:
    judged = {"accuracy": 0.21, "accuracy_low": 0.12, "accuracy_high": 0.33, "chance": 0.17}
    numbers = found() | {"judge": judged | {"can_judge": 0.0}}
    said = dict(result_page.headline(numbers, scores.drop(columns="accuracy")))
    assert said["Labels"] == (
        "not scored, as the judge cannot judge: it names 21 % (12 to 33 %) of real test clips"
        " right, chance is 17 %"
    )


def test_flags_that_are_up_are_named(scores: pd.DataFrame) -> None:
    assert dict(result_page.headline(found(), scores))["Health"] == "no flag is up"
    assert dict(result_page.headline(found(overfitting=1.0), scores))["Health"] == "overfitting"


def test_the_table_has_intervals_where_there_are_some(scores: pd.DataFrame) -> None:
    table = result_page.table_of(scores).set_index("set")
    assert table.loc["white noise", "Fréchet, log-mel ↓"] == "90,000\n80,000 to 90,100"
    assert table.loc["generated", "named right by the judge"] == ""
    assert table.loc["real", "named right by the judge"] == "0.9"


def test_players_stand_in_rows_the_first_name_first(tmp_path: Path) -> None:
    p: Params = params.load(HERE / "params.yaml")
    section = p.preprocess
    scale = Scale(0.0, 1.0, 1.0)
    c = SoundCodec(section.picture, scale, section.waveform, section.spectrogram)
    for name in ("reconstructed", "epoch_3", "original"):
        for n in (1, 2):
            item_files.write(tmp_path / f"{name}_{n:02d}", c, tone(0.5, 300 * n, 16000))
    rows = page.players(tmp_path, "original")
    assert [[each.name for each in row] for row in rows] == [
        ["original", "epoch 3", "reconstructed"]
    ] * 2
    assert all(each.audio.startswith("data:audio/wav;base64,") for row in rows for each in row)


def test_images_have_no_sound(tmp_path: Path) -> None:
    section = params.load(HERE / "params.yaml").preprocess.picture
    c = ImageCodec(section, Scale(0.0, 1.0, 1.0))
    item_files.write(tmp_path / "generated_01", c, np.zeros((8, 8), np.float32))
    ((only,),) = page.players(tmp_path, "generated")
    assert only.audio == ""
    assert only.image.startswith("data:image/png;base64,")
