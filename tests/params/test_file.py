import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import librosa
import pytest
from dvc.utils.serialize import load_yaml

from sonovae import params
from sonovae.errors import UserError
from tests.making import vector_params
from tests.making.projects import HERE

RESIDUAL = "{layer: residual, filters: [32], kernel: 3}"


def changed(tmp_path: Path, *pairs: tuple[str, str]) -> Path:
    """A params.yaml with some text replaced."""
    text = vector_params.text()
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return path


def faults(path: Path) -> list[str]:
    with pytest.raises(UserError) as caught:
        params.load(path)
    return str(caught.value).splitlines()


def test_there_and_back() -> None:
    p = params.load(HERE / "params.yaml")
    assert params.parse(params.plain(p), params.Params) == p


def test_plain_is_what_dvc_reads() -> None:
    assert params.plain(params.load(HERE / "params.yaml")) == load_yaml(str(HERE / "params.yaml"))


@pytest.mark.parametrize(
    ("written", "meant"), [("1e-4", 1e-4), ("1E+2", 100.0), ("5", 5.0), (".5", 0.5), ("010", 10.0)]
)
def test_numbers_of_yaml_1_2(tmp_path: Path, written: str, meant: float) -> None:
    path = changed(tmp_path, ("  learning_rate: 2e-3", f"  learning_rate: {written}"))
    assert (
        params.load(path).train.learning_rate
        == meant
        == load_yaml(str(path))["train"]["learning_rate"]
    )


def test_all_faults_at_once_with_path_value_and_rule(tmp_path: Path) -> None:
    lines = faults(
        changed(
            tmp_path,
            ("epochs: 24", "epoch: 24"),
            ("  kl_weight: 1\n", "  kl_weight: .nan\n"),
            ("latent_size: 32", "latent_size: -3"),
            ("batch_size: 16", "batch_size: yes"),
            ("min_recordings: 20", "min_recordings: 2.5"),
            (RESIDUAL, RESIDUAL.replace("[32]", "[32, 0]")),
        )
    )
    assert lines == [
        "error: params.yaml: fetch.min_recordings = 2.5: must be a whole number",
        "error: params.yaml: train.latent_size = -3: must be greater than or equal to 1",
        "error: params.yaml: train.encoder[1].filters[1] = 0: must be greater than or equal to 1",
        "error: params.yaml: train.kl_weight = nan: must be a finite number",
        "error: params.yaml: train.batch_size = 'yes': must be a whole number",
        "error: params.yaml: train.epochs is missing: every key must be given",
        "error: params.yaml: train.epoch = 24: unknown key; did you mean epochs?",
    ]


@pytest.mark.parametrize("value", [".nan", ".inf", "-.inf"])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, value: str) -> None:
    assert (
        "finite"
        in faults(changed(tmp_path, ("  learning_rate: 2e-3", f"  learning_rate: {value}")))[0]
    )


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("win_length: 512", "win_length: 600", "win_length = 600 must be at most n_fft = 512"),
        (
            "hop_length: 128",
            "hop_length: 512",
            "hop_length = 512 cannot be inverted with a hann window",
        ),
        ("hop_length: 128", "hop_length: 999999999999", "cannot be inverted with a hann window"),
        (
            "min_seconds: 0.5",
            "min_seconds: 1e-5",
            "silence.min_seconds = 1e-05: must be greater than",
        ),
        (
            "fade_seconds: 0.01 ",
            "fade_seconds: 0.6 ",
            "waveform.fade_seconds = 0.6 must be at most half of a clip",
        ),
        (
            "    bins: 128",
            "    bins: 258",
            "picture.bins = 258 must be at most n_fft / 2 + 1 = 257",
        ),
        (
            "    frames: 128",
            "    frames: 127",
            "picture.frames = 127 must be at least the clip's 128 frames",
        ),
        (
            "dynamic_range_db: 60",
            "dynamic_range_db:",
            "dynamic_range_db must be a number where scale is db",
        ),
        (
            "    power: ",
            "    power: 0.3 ",
            "power must be a number where scale is power, else null",
        ),
        (
            "    scale: db ",
            "    scale: power ",
            "power must be a number where scale is power, else null",
        ),
        ("    power: ", "    power: 1 ", "spectrogram.power = 1: must be less than 1"),
        (
            "    validation: 0.125",
            "    validation: 0.9",
            "validation + test = 1.025 must be less than 1",
        ),
        ("folder: data/recordings", "folder: /tmp/x", "must be a path inside the project"),
        (
            "folder: data/recordings",
            "folder: .",
            "must be a folder of its own, apart from the folders that stages write",
        ),
        ("folder: data/recordings", "folder: ./data/raw/files", "must be a folder of its own"),
        ("folder: data/recordings", "folder: data/judge", "must be a folder of its own"),
        (
            "  network:                    # of",
            "  network:\n    - {layer: project, filters: 4, activation: relu}  # of",
            "judge.network: must not hold project, which belongs to the decoder",
        ),
        (
            "  network:                    # of",
            "  network:\n    - {layer: dense, units: 4, activation: relu}  # of",
            "conv, conv: only dense layers may follow a dense layer",
        ),
        (
            "activation: relu, batch_norm: false",
            "activation: relu, batch_norm: true",
            "judge.network: batch_norm must be false: its moving averages need thousands",
        ),
        (
            "  kaggle: ",
            "  kaggle: anna/whistles",
            "must be owner/name/versions/N: Kaggle's name of a dataset",
        ),
        (
            "  source: whistles",
            "  source: kaggle",
            "fetch.source = kaggle needs kaggle, which is null",
        ),
        ("  pattern: (?P", "  pattern: ((?P", "must be a regular expression: missing )"),
        (
            "(?P<group>",
            "(?P<path>",
            "the table has its own column path: give the group another name",
        ),
        (
            "    - {layer: project, filters: 16, activation: linear}\n",
            "",
            "it must hold one project, with only dense layers before it and none after it",
        ),
        (
            "kernel: 3, stride: [2, 2]",
            "kernel: 3, stride: [2]",
            "judge.network[1].stride[1] is missing",
        ),
        (
            RESIDUAL,
            "{layer: average_pool, size: 2}",
            "initialization = pca needs an encoder of space_to_depth and",
        ),
        (
            "filters: 16, activation: linear",
            "filters: 16, activation: relu",
            "with a relu project: set it to random",
        ),
        (
            "{layer: depth_to_space, block: 4}",
            "{layer: depth_to_space, block: 2}",
            "initialization = pca needs",
        ),
        (
            "reconstruction: gaussian",
            "reconstruction: bernoulli",
            "needs a decoder that ends in sigmoid, not linear",
        ),
        (
            "layer: project",
            "layer: projekt",
            "train.decoder[0].layer = 'projekt' must be one of 'conv', ",
        ),
    ],
)
def test_rules(tmp_path: Path, old: str, new: str, rule: str) -> None:
    assert any(rule in line for line in faults(changed(tmp_path, (old, new))))


IMAGES = {"preprocess.waveform": None, "preprocess.spectrogram": None}
RESIZED = {"preprocess.picture.size": [28, 28], "preprocess.picture.interpolation": "bilinear"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        (
            RESIZED,
            "preprocess.picture.mask_row must be false where size is given: it is not resized",
        ),
        (
            {"preprocess.picture.scaling": "pixel"},
            "preprocess.picture.mask_row must be false where scaling is pixel: it has no limits",
        ),
        (IMAGES, "preprocess.picture.mask_row must be false for images, which have no end"),
    ],
)
def test_mask_rows_need_a_sound_that_is_not_resized(
    tmp_path: Path, changes: dict[str, Any], rule: str
) -> None:
    path = changed(tmp_path)
    with pytest.raises(UserError) as caught:
        params.edit(path, changes | {"preprocess.picture.mask_row": True})
    assert rule in str(caught.value).splitlines()[0]
    if changes != IMAGES:  # which need more
        params.edit(path, changes)


@pytest.mark.parametrize(
    ("rate", "n_fft", "bands"),
    [
        (22050, 2048, 50),
        (22050, 2048, 600),
        (44100, 512, 128),
        (16000, 512, 40),
        (8000, 256, 64),
        (1500, 64, 16),
    ],
)
def test_mel_bands_that_pass_are_not_empty(
    tmp_path: Path, rate: int, n_fft: int, bands: int
) -> None:
    frame = [("n_fft: 512", f"n_fft: {n_fft}"), ("win_length: 512", f"win_length: {n_fft}")]
    size = [
        ("    bins: 128", "    bins:"),
        ("    frames: 128", "    frames:"),
        ("hop_length: 128", "hop_length: 16"),
    ]
    bank = [("    sample_rate: 16000        # Hz; rec", f"    sample_rate: {rate}  # Hz; rec")]
    path = changed(tmp_path, *frame, *size, *bank, ("mel_bands:   ", f"mel_bands: {bands}  "))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # librosa's, of empty bands
        empty = (librosa.filters.mel(sr=rate, n_fft=n_fft, n_mels=bands).max(axis=1) == 0).any()
    if empty:
        assert "lowest are narrower than a bin" in faults(path)[0]
    else:
        assert params.load(path).preprocess.spectrogram.mel_bands == bands


def test_a_split_is_a_share_or_names(tmp_path: Path) -> None:
    path = changed(tmp_path, ("    test: 0.125", "    test: {index: 4}"))
    assert faults(path) == [
        "error: params.yaml: preprocess.split.test.index = 4: must be text: put it in quotes"
    ]


def test_hop_that_just_inverts_is_allowed(tmp_path: Path) -> None:
    params.load(changed(tmp_path, ("hop_length: 128", "hop_length: 256")))


def test_broken_yaml_is_one_line(tmp_path: Path) -> None:
    (line,) = faults(changed(tmp_path, ("epochs: 24", "epochs: [24")))
    assert line.startswith("error: params.yaml is not YAML: ")


@pytest.mark.parametrize(
    "text",
    ["", "- 1", "5", "a: &a [*a]", "? [a, b]\n: 1", "a: !!python/object:os.system 1", "a: 1\na: 2"],
)
def test_no_text_is_a_crash(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    assert faults(path)[0].startswith("error: params.yaml")


def test_absent_file(tmp_path: Path) -> None:
    assert "git checkout params.yaml" in faults(tmp_path / "params.yaml")[0]


def test_edit_keeps_comments_and_all_else(tmp_path: Path) -> None:
    path = changed(tmp_path)
    before = path.read_text().splitlines()
    params.edit(path, {"train.kl_weight": 0.25})
    different = [
        new
        for old, new in zip(before, path.read_text().splitlines(), strict=True)
        if old.split() != new.split()
    ]
    assert [line.split("#")[0].split() for line in different] == [["kl_weight:", "0.25"]]


def test_edit_writes_nothing_that_breaks_a_rule(tmp_path: Path) -> None:
    path = changed(tmp_path)
    before = path.read_bytes()
    with pytest.raises(UserError, match="fetch.pattern = '\\(': must be a regular expression"):
        params.edit(path, {"fetch.pattern": "("})
    assert path.read_bytes() == before


def test_console_says_it_in_lines_and_ends_with_2(tmp_path: Path) -> None:
    changed(tmp_path, ("epochs: 24", "epochs: 0"))
    ended = subprocess.run(
        [sys.executable, "-m", "sonovae", "check"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(HERE / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert (
        ended.stderr == "error: params.yaml: train.epochs = 0: must be greater than or equal to 1\n"
    )
