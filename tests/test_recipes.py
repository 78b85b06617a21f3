"""Every recipe: read as a file, and run, shrunk, through all stages on made-up recordings."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

from sonovae import params
from sonovae.codec import picture, saved_codec
from sonovae.codec.sound_codec import SoundCodec
from sonovae.console import project_commands
from sonovae.dataset import saved_dataset
from sonovae.errors import UserError
from sonovae.model import latent, saved_model
from sonovae.params import recipes
from sonovae.recordings import folder_check
from stages import evaluate, fetch, generate, judge, preprocess, prior, train
from tests.making.projects import HERE, make_project
from tests.making.recordings import tone
from tests.making.small_recipes import STYLE, shrunk

RECIPES = list(recipes.described(HERE))


def read(name: str) -> dict[str, Any]:
    return YAML(typ="safe", pure=True).load(HERE / f"recipes/{name}.yaml")


def flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found = {}
    for key, value in section.items():
        found |= (
            flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return found


def test_there_are_ten() -> None:
    assert sorted(RECIPES) == [
        "digits",
        "genres",
        "mnist",
        "spoken-digits",
        "spoken-digits-mixture",
        "starter",
        "thesis",
        "thesis-vae",
        "voices",
        "whistles",
    ]


def test_params_yaml_is_the_starter_as_written() -> None:
    assert (HERE / "params.yaml").read_text() == recipes.whole(HERE, "starter")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_can_be_read_at_a_glance(name: str) -> None:
    lines = (HERE / f"recipes/{name}.yaml").read_text().splitlines()
    assert len(lines) <= 35
    assert max(map(len, lines)) <= 124
    assert lines[0].startswith(f"# {name}: ")
    assert any(line.startswith(("# Recordings: ", "  kaggle: ")) for line in lines)


@pytest.mark.parametrize("name", RECIPES)
def test_no_key_is_repeated_from_the_base(name: str) -> None:
    base = flat(read("base"))
    assert [
        key for key, value in flat(read(name)).items() if key in base and base[key] == value
    ] == []


# What the recordings of each recipe are called, and what else lies beside them.


@pytest.fixture(scope="module", params=RECIPES)
def done(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    """A recipe, and a project in which all its stages have run."""
    name: str = request.param
    root = make_project(tmp_path_factory.mktemp(name))
    (root / "params.yaml").write_text(recipes.whole(HERE, name))
    params.edit(root / "params.yaml", shrunk(name))
    STYLE[name](root / "data/recordings")
    for stage in (fetch, preprocess, train, prior, judge, evaluate, generate):
        stage.main(root)
    return name, root


def test_all_stages(done: tuple[str, Path]) -> None:
    """Shapes return, a loaded model decodes the same, and a clip shown has its own size."""
    name, root = done
    data, c = saved_dataset.load(root / "data/pictures"), saved_codec.load(root / "data/model")
    trained = saved_model.load(root / "data/model")
    assert set(data.clips["split"]) == {"train", "validation", "test"}
    assert data.pictures.shape[1:] == c.shape
    z = np.load(root / "data/samples/z.npy")
    pictures = latent.decode(trained.decoder, z)
    assert pictures.shape == (2, *c.shape)
    again = saved_model.load(root / "data/model")
    np.testing.assert_array_equal(latent.decode(again.decoder, z), pictures)
    np.testing.assert_array_equal(
        latent.encode(again.encoder, data.pictures[:3]).mean,
        latent.encode(trained.encoder, data.pictures[:3]).mean,
    )
    written = {path.suffix for path in (root / "data/samples").iterdir()}
    assert written == {".npy", ".csv", ".png", ".html"} | ({".wav"} if c.kind == "sound" else set())
    kept = sorted(path.name for path in (root / "data/model").glob("snapshots/*"))
    assert kept == (["00001", "00002"] if name.startswith("thesis") else [])
    codec_alone = json.loads((root / "data/evaluation/metrics.json").read_text())["codec"]
    assert ("resize_mse" in codec_alone) == name.startswith("thesis")
    assert (trained.space.prior is None) == (name in ("thesis", "mnist"))


def test_a_tone_stays_a_tone(done: tuple[str, Path]) -> None:
    """Within a row of the picture, by the codec that the stages made."""
    _, root = done
    c = saved_codec.load(root / "data/model")
    if not isinstance(c, SoundCodec):
        return
    rate, (rows, _), hz = c.waveform.sample_rate, c.shape, 1000
    item = tone(c.waveform.clip_length / rate, hz, rate)
    values = c.analyse(item)
    low, high = picture.limits(values, c.dynamic_range)
    p = params.load(root / "params.yaml").generate.griffin_lim
    scale = c.clip_scale(low, high, 1.0)
    (back,) = c.decode([c.encode(values, scale)], [scale], p, 1)
    strongest = np.argmax(np.abs(np.fft.rfft(back * np.hanning(len(back))))) * rate / len(back)
    top = (c.picture.bins or c.spectrogram.bins) * rate / c.spectrogram.n_fft
    row = 80 if c.spectrogram.mel_bands else top / rows  # a mel band at 1 kHz
    assert strongest == pytest.approx(hz, abs=row)


# The command.


@pytest.fixture
def repository(project: Path) -> Path:
    (project / "params.yaml").write_text(recipes.whole(HERE, "starter"))
    subprocess.run(["git", "init", "-q"], cwd=project, check=True)
    commit(project)
    return project


def commit(root: Path) -> None:
    for words in (
        ["add", "-A"],
        ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "a"],
    ):
        subprocess.run(["git", *words], cwd=root, check=True)


def test_list(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project_commands.recipe(repository, "", force=False)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("NAME=")[1].split()[0] for line in lines] == RECIPES


def test_a_misspelt_name(repository: Path) -> None:
    with pytest.raises(
        UserError,
        match="'wistles' is no recipe .did you mean whistles.*: there are digits, genres, mnist, ",
    ):
        project_commands.recipe(repository, "wistles", force=False)


def test_from_recipe_to_recipe_and_what_it_needs(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project_commands.recipe(repository, "voices", force=False)
    said = capsys.readouterr().out
    assert "downloads sripaadsrinivasan/audio-mnist/versions/1 from Kaggle" in said
    assert "as data/01/0_01_0.wav), make folder FROM=" in said
    folder_check.check(repository)
    project_commands.recipe(repository, "genres", force=False)
    assert "Recordings: your own, a folder a genre" in capsys.readouterr().out
    with pytest.raises(
        UserError, match="'data/recordings' holds no recordings: `make folder FROM=…` adds yours"
    ):
        folder_check.check(repository)
    params.edit(repository / "params.yaml", {"evaluate.unseen": "data/nowhere"})
    with pytest.raises(UserError, match="evaluate.unseen = 'data/nowhere' does not exist: "):
        folder_check.check(repository)
    params.edit(repository / "params.yaml", {"evaluate.unseen": "data/unseen"})
    project_commands.recipe(repository, "starter", force=False)
    assert "next: make repro" in capsys.readouterr().out
    assert (repository / "params.yaml").read_text() == recipes.whole(HERE, "starter")


def test_changes_are_not_lost(repository: Path) -> None:
    params.edit(repository / "params.yaml", {"train.epochs": 3})
    before = (repository / "params.yaml").read_text()
    with pytest.raises(
        UserError, match="params.yaml has changes that neither git nor a recipe holds.*FORCE=1"
    ):
        project_commands.recipe(repository, "voices", force=False)
    assert (repository / "params.yaml").read_text() == before
    commit(repository)
    project_commands.recipe(repository, "voices", force=False)
    params.edit(repository / "params.yaml", {"train.epochs": 3})
    project_commands.recipe(repository, "mnist", force=True)
    assert params.load(repository / "params.yaml").fetch.kind == "image"


def test_a_recipe_takes_the_folder_that_is_there(repository: Path) -> None:
    (repository / "data/own.dvc").touch()
    project_commands.recipe(repository, "thesis", force=False)
    assert params.load(repository / "params.yaml").fetch.folder == "data/own"
    project_commands.recipe(repository, "starter", force=False)
    assert params.load(repository / "params.yaml").fetch.folder == "data/recordings"


def test_recipes_under_way_are_named_and_stop_no_other(repository: Path) -> None:
    for text, fault in (
        ("# odd: one\n", "odd.yaml holds no keys"),
        ("# odd: one\na: [", "odd.yaml is not YAML: "),
    ):
        (repository / "recipes/odd.yaml").write_text(text)
        with pytest.raises(UserError, match=fault):
            project_commands.recipe(repository, "odd", force=False)
        (repository / "params.yaml").write_text(recipes.whole(HERE, "genres"))
        project_commands.recipe(repository, "thesis", force=False)


def test_without_git_a_recipe_as_written_is_kept_all_the_same(project: Path) -> None:
    (project / "params.yaml").write_text(recipes.whole(HERE, "genres"))
    project_commands.recipe(project, "thesis", force=False)
    params.edit(project / "params.yaml", {"train.epochs": 3, "train.snapshots": []})
    with pytest.raises(UserError, match="params.yaml has changes"):
        project_commands.recipe(project, "genres", force=False)


def test_an_unknown_key_is_named(repository: Path) -> None:
    (repository / "recipes/odd.yaml").write_text("# odd: one\ntrain:\n  epoch: 3\n")
    with pytest.raises(UserError, match="odd.yaml: epoch is no key of base.yaml"):
        project_commands.recipe(repository, "odd", force=False)
