"""The seven stages, shrunk, in this process: what each writes, and what parameters change."""

import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from sonovae import params
from sonovae.codec import saved_codec, sound_files, spectrogram
from sonovae.dataset import left_out, original_items, saved_dataset
from sonovae.dataset.clips import read
from sonovae.errors import UserError
from sonovae.evaluation import reconstructions
from sonovae.features import degraded
from sonovae.generation import finishing, item_files
from sonovae.model import latent, saved_model, saved_networks
from sonovae.pages import plots
from sonovae.recordings import recordings_table
from sonovae.retraining import model_comparison
from sonovae.retraining.revisions import Result
from sonovae.runtime import checksums
from stages import evaluate, fetch, generate, judge, preprocess, prior, train
from tests.making.densities import standard_normal
from tests.making.projects import RECORDINGS, make_project
from tests.making.recordings import write_tones

STAGES = [fetch, preprocess, train, prior, judge, evaluate, generate]


def run(root: Path, *stages: ModuleType) -> Path:
    for stage in stages or STAGES:
        stage.main(root)
    return root


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in which all stages have run. Tests only read it."""
    return run(make_project(tmp_path_factory.mktemp("done")))


@pytest.fixture
def copy(done: Path, tmp_path: Path) -> Path:
    """The same, to change."""
    return shutil.copytree(done, tmp_path / "copy")


def score(root: Path) -> dict[str, dict[str, float]]:
    return json.loads((root / "data/evaluation/metrics.json").read_text())


def test_names_that_others_rely_on(done: Path) -> None:
    table = pd.read_csv(done / "data/raw/recordings.csv")
    assert {"path", "name", "status", "reason", "sha256", "label", "group"} <= set(table.columns)
    clips = pd.read_csv(done / "data/pictures/clips.csv")
    assert len(clips) == len(np.load(done / "data/pictures/pictures.npy"))
    assert (done / "data/model/codec.json").is_file()
    found = score(done)
    assert {"mse", "mse_sampled", "kl", "kl_per_dim"} <= set(found["test"])
    assert {"mean_picture", "pca"} <= set(found["floors"])
    assert (done / "data/samples/gallery.html").read_text().count("<audio") == 3
    index = pd.read_csv(done / "data/samples/index.csv")
    assert all(
        (done / "data/samples" / name).is_file() for name in [*index["sound"], *index["picture"]]
    )


def test_no_group_is_on_two_sides(done: Path) -> None:
    clips = pd.read_csv(done / "data/pictures/clips.csv")
    assert clips.groupby("group")["split"].nunique().max() == 1
    assert set(clips["split"]) == {"train", "validation", "test"}


def test_clips_lie_where_the_table_says(done: Path) -> None:
    c = saved_codec.load(done / "data/model")
    pictures, clips = (
        np.load(done / "data/pictures/pictures.npy"),
        pd.read_csv(done / "data/pictures/clips.csv"),
    )
    recordings = recordings_table.read(done / "data/raw/recordings.csv").set_index("sha256")
    for i in range(0, len(clips), 7):
        found = read(done / "data/raw", recordings.loc[clips["sha256"][i]], c.waveform)
        item = found.item(clips["item"][i], clips["start"][i])
        scale = c.clip_scale(*clips.loc[i, ["low", "high", "gain"]])
        np.testing.assert_allclose(c.encode(c.analyse(item), scale), pictures[i], atol=1e-4)


def test_limits_are_fitted_on_the_training_split_alone(done: Path, copy: Path) -> None:
    """Test recordings ten times as loud change no limit and no picture of the training split."""
    params.edit(
        copy / "params.yaml",
        {"preprocess.waveform.peak_dbfs": None, "preprocess.waveform.silence": None},
    )
    run(copy, preprocess)
    before = pd.read_csv(copy / "data/pictures/clips.csv")
    scale, pictures = (
        saved_codec.load(copy / "data/pictures").typical,
        np.load(copy / "data/pictures/pictures.npy"),
    )
    paths = recordings_table.read(copy / "data/raw/recordings.csv").set_index("sha256")["path"]
    for sha in set(before[before["split"] == "test"]["sha256"]):
        samples, rate = sound_files.read(copy / "data/raw" / paths[sha])
        sound_files.write(copy / "data/raw" / paths[sha], samples / np.abs(samples).max(), rate)
    checksums.write(copy / "data/raw")
    run(copy, preprocess)
    side = (before["split"] == "train").to_numpy()
    assert saved_codec.load(copy / "data/pictures").typical == scale
    after = np.load(copy / "data/pictures/pictures.npy")
    np.testing.assert_array_equal(after[side], pictures[side])
    assert not np.array_equal(after[~side], pictures[~side])


def test_metrics_are_of_the_test_split_and_its_model(done: Path) -> None:
    m = saved_model.load(done / "data/model")
    pictures, clips = (
        np.load(done / "data/pictures/pictures.npy"),
        pd.read_csv(done / "data/pictures/clips.csv"),
    )
    sides = {side: pictures[(clips["split"] == side).to_numpy()] for side in ("train", "test")}
    posterior = latent.encode(m.encoder, sides["test"])
    found = score(done)
    restored = latent.decode(m.decoder, posterior.mean)
    kl = latent.kl_divergence(posterior, standard_normal(4), np.random.default_rng(0)).mean()
    assert found["test"]["mse"] == pytest.approx(
        np.square(sides["test"] - restored).mean(), rel=1e-4
    )
    assert found["test"]["kl"] == pytest.approx(kl, rel=1e-4)
    assert found["test"]["kl_per_dim"] == pytest.approx(found["test"]["kl"] / 4, rel=1e-4)
    floor = np.square(sides["test"] - sides["train"].mean(axis=0)).mean()
    assert found["floors"]["mean_picture"] == pytest.approx(floor, rel=1e-4)
    assert found["floors"]["pca"] < found["floors"]["mean_picture"]
    assert found["test"]["r2"] == pytest.approx(1 - found["test"]["mse"] / floor, rel=1e-3)


def test_clips_add_up_to_the_metrics(done: Path) -> None:
    clips, parts = (
        pd.read_csv(done / f"data/evaluation/{name}.csv") for name in ("clips", "breakdown")
    )
    found = score(done)["test"]
    assert len(clips) == (pd.read_csv(done / "data/pictures/clips.csv")["split"] == "test").sum()
    for name in ("mse", "kl", "elbo", "log_spectral_distance_db"):
        assert clips[name].mean() == pytest.approx(found[name], rel=1e-4)
        for _, some in parts.groupby("by"):
            assert (some[name] * some["clips"]).sum() / len(clips) == pytest.approx(
                found[name], rel=1e-4
            )


def test_generated_sounds_are_scored_among_controls(done: Path) -> None:
    scores = pd.read_csv(done / "data/evaluation/scores.csv", index_col="set")
    controls = {
        "real",
        "inverse",
        "reconstructed",
        "pca_density",
        "shuffled_pixels",
        "mean_picture",
        "white_noise",
        *degraded.DEGRADED,
    }
    assert set(scores.index) == controls | {"generated", "generated_by_label", "training_copies"}
    assert score(done)["generated"]["frechet_mel"] == pytest.approx(
        scores.loc["generated_by_label", "frechet_mel"], rel=1e-4
    )
    assert scores.loc["training_copies", "copy_ratio"] < 0.01


def rejudge(root: Path, **changes: Any) -> None:
    """Give the judge another interval of its accuracy, or another version."""
    file = root / "data/judge/judge.json"
    content = json.loads(file.read_text())
    version = changes.pop("version", content["version"])
    content["test"] |= {"accuracy": 0.5, "chance": 0.25} | changes
    file.write_text(json.dumps(content | {"version": version}))


def rejudged(root: Path, low: float, high: float) -> tuple[set[str], str]:
    """Columns of the scores, and the page, where the judge has another interval."""
    rejudge(root, accuracy_low=low, accuracy_high=high)
    run(root, evaluate)
    columns = set(pd.read_csv(root / "data/evaluation/scores.csv"))
    return columns, (root / "data/evaluation/report.html").read_text()


def test_a_judge_that_cannot_judge_compares_nothing(copy: Path) -> None:
    empty = pd.DataFrame()
    result = Result({}, {}, empty, empty, {}, empty, lambda path, _: copy / path)
    data = saved_dataset.load(copy / "data/pictures")
    rejudge(copy, accuracy_low=0.3, accuracy_high=0.7)
    shares = model_comparison.recognized(result, result)
    assert shares is not None
    assert 0 <= shares[0] == shares[1] <= 1
    confidence = model_comparison.confidence(result, data)
    assert confidence is not None
    assert len(confidence) == len(data.clips)
    for changes in ({"accuracy_low": 0.2}, {"accuracy_low": 0.3, "version": 1}):
        rejudge(copy, **changes)
        assert model_comparison.recognized(result, result) is None
        assert model_comparison.confidence(result, data) is None


def test_a_judge_that_cannot_judge_scores_nothing(copy: Path) -> None:
    judged = {"inception_score", "am_score", "frechet_judge", "accuracy"}
    columns, page = rejudged(copy, 0.3, 0.7)
    assert judged <= columns
    assert "which names 50 % (30 to 70 %) of real test clips right" in page
    assert score(copy)["judge"]["can_judge"] == 1
    columns, page = rejudged(copy, 0.2, 0.8)
    assert not judged & columns
    assert not judged & set(score(copy)["generated"])
    assert score(copy)["judge"]["can_judge"] == 0
    assert "cannot judge: it names 50 % (20 to 80 %) of real test clips right" in page


def test_the_nearest_training_clip_is_beside_a_new_sound(done: Path) -> None:
    """It is the very clip, levelled, as the recording holds it."""
    folder, c = done / "data/evaluation/nearest", saved_codec.load(done / "data/model")
    assert sorted(path.name for path in folder.glob("*.wav")) == [
        f"{a}_0{n}.wav" for a in ("generated", "nearest") for n in (1, 2)
    ]
    clips = pd.read_csv(done / "data/pictures/clips.csv", keep_default_na=False)
    clips = clips[clips["split"] == "train"].reset_index(drop=True)
    real = np.stack(original_items.read(done / "data/raw", c, clips))
    samples, _ = sound_files.read(folder / "nearest_01.wav")
    assert np.abs(real - samples).max(axis=1).min() < 2**-14


def test_recordings_that_were_never_in_the_dataset(
    done: Path, copy: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A copy of a test recording has the errors of its clips; unreadable files are named."""
    clips = pd.read_csv(copy / "data/evaluation/clips.csv")
    sha256 = clips["sha256"].iloc[0]
    (copied,) = (copy / "data/raw/files").glob(f"{sha256}*")
    shutil.copy(copied, copy / "data/unseen/again.wav")
    (copy / "data/unseen/broken.wav").write_bytes(b"RIFF")
    run(copy, evaluate)
    found, wanted = (
        pd.read_csv(copy / "data/evaluation/unseen/errors.csv"),
        clips[clips["sha256"] == sha256],
    )
    assert set(found["name"]) == {"again.wav"}
    np.testing.assert_allclose(found["mse"], wanted["mse"], rtol=1e-3)
    np.testing.assert_allclose(found["pca"], wanted["pca"], rtol=1e-3)
    assert score(copy)["unseen"]["mse"] == pytest.approx(wanted["mse"].mean(), rel=1e-3)
    assert (copy / "data/evaluation/unseen/reconstructed_02.wav").is_file()
    assert "evaluate.unseen: 'broken.wav' is left out: " in caplog.text
    assert score(done)["unseen"] == {}


def test_each_clip_is_encoded_once(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = 0

    def count(encoder: Any, pictures: Any) -> latent.Posterior:
        nonlocal encoded
        encoded += len(pictures)
        return encode(encoder, pictures)

    encode = latent.encode
    monkeypatch.setattr(latent, "encode", count)
    evaluate.main(copy)
    assert encoded == len(saved_dataset.load(copy / "data/pictures").clips)


def test_which_clips_are_shown(done: Path) -> None:
    raw = done / "data/raw/recordings.csv"
    data = saved_dataset.load(done / "data/pictures")
    table = recordings_table.used(recordings_table.read(raw))
    p = params.load(done / "params.yaml").evaluate.shown
    first = reconstructions.choose(raw, data, replace(p, split="train", draw="first"), seed=1).clips
    pd.testing.assert_frame_equal(first, data.side("train").clips[:2])
    drawn = [reconstructions.choose(raw, data, p, seed).clips for seed in (1, 1, 2)]
    pd.testing.assert_frame_equal(drawn[0], drawn[1])
    assert not drawn[0].equals(drawn[2])
    assert set(drawn[0]["split"]) == {"test"}
    one = replace(p, names=(table["name"].iloc[3],))
    assert set(reconstructions.choose(raw, data, one, seed=1).clips["sha256"]) == {
        table["sha256"].iloc[3]
    }
    with pytest.raises(
        UserError, match="evaluate.shown.names = 'nobody': no recording that is used has this name"
    ):
        reconstructions.choose(raw, data, replace(p, names=("nobody",)), seed=1)


def test_the_page_needs_no_other_file(done: Path) -> None:
    text = (done / "data/evaluation/report.html").read_text()
    assert set(re.findall(r'(?:src|href)="([a-z]+:[a-z]+/)', text)) == {
        "data:image/",
        "data:audio/",
    }
    assert len(re.findall(r'(?:src|href)="(?!data:)', text)) == 0
    assert len(re.findall("<audio", text)) == 8  # two clips and two new sounds, two of each
    for said in (
        saved_model.load(done / "data/model").id,
        "NOT below PCA",
        "white noise",
        "learning_rate: 0.002",
    ):
        assert said in text


def test_the_codecs_spectral_convergence_is_reported(done: Path) -> None:
    assert score(done)["codec"]["spectral_convergence_db"] < -12


def test_a_sound_is_what_its_z_decodes_to(done: Path) -> None:
    m, c = saved_model.load(done / "data/model"), saved_codec.load(done / "data/model")
    p = params.load(done / "params.yaml").generate
    picture = latent.decode(m.decoder, np.load(done / "data/samples/z.npy"))[1]
    samples, rate = sound_files.read(done / "data/samples/sound_002.wav")
    assert (len(samples), rate) == (c.waveform.clip_length, c.waveform.sample_rate)
    (levelled,) = c.decode([picture], [c.typical], p.griffin_lim, p.seed)
    gain = m.levels.draw(None, 2, np.random.default_rng([p.seed, finishing.LEVELS]))[1]
    scale = replace(c.typical, gain=gain)
    np.testing.assert_allclose(samples, c.restore_level(levelled, scale), atol=2**-15)


def test_every_sound_carries_the_models_id(done: Path) -> None:
    index = pd.read_csv(done / "data/samples/index.csv")
    assert set(index["model"]) == {saved_model.load(done / "data/model").id}
    said = item_files.read_provenance(done / "data/samples" / index["sound"][1])
    row = index.loc[1, ["model", "seed", "from", "temperature", "row_of_z"]].to_dict()
    assert {key: said[key] for key in row} == row


def test_a_walk_between_two_labels_is_one_sound(copy: Path) -> None:
    params.edit(
        copy / "params.yaml",
        {"generate.from": "walk", "generate.of": ["rise", "fall"], "generate.sounds": 4},
    )
    run(copy, generate)
    c, z = saved_codec.load(copy / "data/model"), np.load(copy / "data/samples/z.npy")
    density = saved_model.load(copy / "data/model").space.density
    np.testing.assert_allclose(
        z[[0, -1]], [density.of("rise").mean, density.of("fall").mean], atol=1e-5
    )
    (walk,) = (copy / "data/samples").glob("*.wav")
    assert len(sound_files.read(walk)[0]) == 2.5 * c.waveform.clip_length
    said, index = item_files.read_provenance(walk), pd.read_csv(copy / "data/samples/index.csv")
    assert said["rows_of_z"] == "0-3" == index["rows_of_z"].item()
    assert "row_of_z" not in {**said, **index}


def test_variations_of_a_recording(copy: Path) -> None:
    """Without temperature they are what its posterior's mean decodes to."""
    table = recordings_table.used(recordings_table.read(copy / "data/raw/recordings.csv"))
    changes = {
        "generate.from": "clip",
        "generate.of": [table["name"].iloc[3]],
        "generate.temperature": 0,
    }
    params.edit(copy / "params.yaml", changes)
    run(copy, generate)
    data = saved_dataset.load(copy / "data/pictures")
    first = data.take(np.flatnonzero(data.clips["sha256"] == table["sha256"].iloc[3])[:1])
    mean = latent.encode(saved_model.load(copy / "data/model").encoder, first.pictures).mean
    np.testing.assert_allclose(
        np.load(copy / "data/samples/z.npy"), np.repeat(mean, 3, axis=0), atol=1e-5
    )
    params.edit(copy / "params.yaml", {"generate.of": ["nobody.wav"]})
    with pytest.raises(UserError, match="generate.of = 'nobody.wav': neither a label .fall, "):
        run(copy, generate)


def test_originals_and_reconstructions_are_of_one_length(done: Path) -> None:
    folder = done / "data/evaluation/reconstructions"
    found = sorted(path.stem for path in folder.glob("*.wav"))
    assert found == ["original_01", "original_02", "reconstructed_01", "reconstructed_02"]
    assert found == sorted(path.stem for path in folder.glob("*.png"))
    assert len({len(sound_files.read(folder / f"{name}.wav")[0]) for name in found}) == 1


def test_a_standard_normal_is_another_source_than_the_prior(done: Path, copy: Path) -> None:
    params.edit(copy / "params.yaml", {"generate.from": "standard_normal"})
    run(copy, generate)
    wanted = standard_normal(4).sample(3, np.random.default_rng(1))
    np.testing.assert_array_equal(np.load(copy / "data/samples/z.npy"), wanted)
    assert not np.array_equal(np.load(done / "data/samples/z.npy"), wanted)


def wavs(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (root / "data/samples").glob("*.wav")}


def test_the_same_bytes_twice_and_others_from_another_seed(done: Path, copy: Path) -> None:
    run(copy, train, prior, evaluate, generate)
    outs = ["model", "prior", "evaluation", "samples"]
    files = [
        path.relative_to(done)
        for out in outs
        for path in sorted((done / "data" / out).rglob("*"))
        if path.is_file()
    ]
    assert files
    assert [
        str(file) for file in files if (done / file).read_bytes() != (copy / file).read_bytes()
    ] == []
    params.edit(copy / "params.yaml", {"train.seed": 2})
    run(copy, train, prior, generate)
    assert not set(wavs(done).values()) & set(wavs(copy).values())


def test_a_sound_does_not_depend_on_how_many_are_made(
    done: Path, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "panel", lambda *_: Figure((1, 1)))  # half a second each
    params.edit(copy / "params.yaml", {"generate.sounds": 70})
    run(copy, generate)
    assert len(wavs(copy)) == 70
    assert wavs(done).items() <= wavs(copy).items()


def test_a_class_of_ones_own_choice(done: Path, copy: Path) -> None:
    params.edit(copy / "params.yaml", {"generate.label": "rise"})
    run(copy, generate)
    rise = saved_model.load(copy / "data/model").space.density.of("rise")
    z = np.load(copy / "data/samples/z.npy")
    np.testing.assert_array_equal(z, rise.sample(3, np.random.default_rng(1)))
    assert set(pd.read_csv(copy / "data/samples/index.csv")["label"]) == {"rise"}
    params.edit(copy / "params.yaml", {"generate.label": "polka"})
    with pytest.raises(
        UserError, match="generate.label = 'polka': the model knows fall, rise, steady, trill"
    ):
        run(copy, generate)


def test_snapshots_are_of_their_epochs(copy: Path) -> None:
    """The same training for one epoch has the weights that two epochs had after the first."""
    params.edit(copy / "params.yaml", {"train.snapshots": [1], "train.schedule": "constant"})
    run(copy, train, prior, evaluate)
    ((epoch, encoder, _),) = list(saved_networks.snapshots(copy / "data/model"))
    first = [np.array(weight) for weight in encoder.get_weights()]
    assert epoch == 1
    assert score(copy)["snapshots"].keys() == {"epoch_1"}
    assert (copy / "data/evaluation/reconstructions/epoch_1_01.wav").is_file()
    params.edit(copy / "params.yaml", {"train.snapshots": [], "train.epochs": 1})
    run(copy, train)
    for old, new in zip(
        first, saved_networks.load(copy / "data/model").encoder.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(old, new)


def test_a_recording_that_silence_leaves_too_short_is_named(tmp_path: Path) -> None:
    root = make_project(
        tmp_path, fetch__source="folder", fetch__folder="data/own", fetch__pattern=None
    )
    write_tones(root / "data/own", 5)
    samples, _ = sound_files.read(root / "data/own/tone0.wav")
    mostly_silent = np.concatenate([samples[:2000], np.zeros(16000, np.float32)])
    sound_files.write(root / "data/own/pause.wav", mostly_silent, 8000)
    run(root, fetch, preprocess)
    pause = (
        recordings_table.read(root / "data/raw/recordings.csv").set_index("name").loc["pause.wav"]
    )
    listed = pd.read_csv(root / "data/pictures/left_out.csv")
    assert listed.to_numpy().tolist() == [
        [pause["sha256"], "shorter than a clip, 0.496 s, once silences are cut"]
    ]
    fetched = recordings_table.read(root / "data/raw/recordings.csv")
    table = left_out.mark(fetched, root / "data/pictures").set_index("name")
    assert table.loc["pause.wav", ["status", "reason"]].tolist() == [
        "left out",
        "shorter than a clip, 0.496 s, once silences are cut",
    ]
    assert (table["status"] == "used").sum() == 5


def test_padding_keeps_what_is_shorter_than_a_clip(copy: Path) -> None:
    dropped = len(np.load(copy / "data/pictures/pictures.npy"))
    params.edit(copy / "params.yaml", {"preprocess.waveform.rest": "pad"})
    run(copy, preprocess)
    assert len(np.load(copy / "data/pictures/pictures.npy")) > dropped


def test_a_duplicate_among_the_recordings_does_not_stop_evaluate(copy: Path) -> None:
    path = copy / "data/raw/recordings.csv"
    table = recordings_table.read(path)
    twins = table.assign(
        name="copy of " + table["name"], path="", status="left out", reason="the same bytes"
    )
    recordings_table.write(path, pd.concat([table, twins]))
    run(copy, evaluate)
    assert len(list((copy / "data/evaluation/reconstructions").glob("*.wav"))) == 4


@pytest.mark.parametrize("name", ["model/encoder.npz", "model/codec.npz", "prior/density.npz"])
def test_a_model_whose_bytes_have_changed_is_refused(copy: Path, name: str) -> None:
    path = copy / "data" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(UserError, match="(codec|weights) are not those that were saved"):
        saved_model.load(copy / "data/model")


def test_weights_that_are_not_finite_are_refused(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with np.load(copy / "data/model/encoder.npz") as arrays:
        weights = [arrays[key] for key in arrays.files]
    np.savez(copy / "data/model/encoder.npz", *[np.full_like(weight, np.nan) for weight in weights])
    monkeypatch.setattr(
        saved_networks, "_id", lambda folder: json.loads((folder / "model.json").read_text())["id"]
    )
    with pytest.raises(UserError, match="the encoder holds weights that are not finite"):
        saved_model.load(copy / "data/model")


def test_a_prior_of_the_previous_training_is_refused(copy: Path) -> None:
    params.edit(copy / "params.yaml", {"train.seed": 2})
    run(copy, train)
    for stage in (evaluate, generate):
        with pytest.raises(UserError, match="the prior of another model, .*`dvc repro prior`"):
            run(copy, stage)


def test_another_prior_needs_no_training(copy: Path) -> None:
    before = saved_model.load(copy / "data/model")
    params.edit(copy / "params.yaml", {"prior.seed": 2})
    run(copy, prior)
    after = saved_model.load(copy / "data/model")
    np.testing.assert_array_equal(after.encoder.get_weights()[0], before.encoder.get_weights()[0])
    assert set(after.levels.label) == {"fall", "rise", "steady", "trill"}
    clips = saved_dataset.load(copy / "data/pictures").side("train").clips
    np.testing.assert_array_equal(after.levels.gain, clips["gain"])


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no model: `dvc repro train` makes one"):
        saved_model.load(tmp_path)


def test_a_rate_that_diverges_is_named(copy: Path) -> None:
    params.edit(
        copy / "params.yaml", {"train.learning_rate": 1e30, "train.reconstruction_weight": 1e30}
    )
    before = (copy / "data/model/model.json").read_bytes()
    with pytest.raises(
        UserError,
        match="no longer a number in epoch 1, batch . .rows .*: lower train.learning_rate",
    ):
        run(copy, train)
    assert (copy / "data/model/model.json").read_bytes() == before


def test_spoken_digits(tmp_path: Path) -> None:
    """Real recordings, labels from their names, speakers as groups: the README's second example."""
    archive = RECORDINGS / "free-spoken-digit-dataset.zip"
    if not archive.exists():
        pytest.skip(f"{archive.name} is not beside the project")
    root = make_project(
        tmp_path,
        fetch__source="folder",
        fetch__folder="data/own",
        preprocess__waveform__silence=None,
        preprocess__waveform__rest="pad",
        preprocess__waveform__max_clips=1,
        fetch__min_seconds=0.1,
        train__epochs=40,
        train__learning_rate=3e-3,
        fetch__pattern=r"(?P<label>\d)_(?P<group>[a-z]+)_(?P<index>\d+)\.wav",
    )
    with zipfile.ZipFile(archive) as files:
        for name in files.namelist():
            if name.endswith(tuple(f"_{index}.wav" for index in range(4))):
                target = root / "data/own" / Path(name).name
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(files.read(name))
    run(root)
    table = recordings_table.read(root / "data/raw/recordings.csv")
    assert len(recordings_table.used(table)) == 240
    assert set(table["label"]) == set("0123456789")
    clips = pd.read_csv(root / "data/pictures/clips.csv")
    assert clips.groupby("group")["split"].nunique().max() == 1
    found = score(root)
    assert found["test"]["mse"] < found["floors"]["mean_picture"]
    assert found["codec"]["spectral_convergence_db"] < -10
    samples = [sound_files.read(path)[0] for path in sorted((root / "data/samples").glob("*.wav"))]
    assert len({sound.tobytes() for sound in samples}) == 3
    assert all(np.std(sound) > 1e-3 for sound in samples)
    frames = saved_codec.load(root / "data/model").frames
    assert all(
        np.isfinite(spectrogram.waveform_to_magnitude(sound, frames)).all() for sound in samples
    )
