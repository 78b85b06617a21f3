"""Sounds of a study: real, reconstructed and generated ones, and two controls.

A hidden reference, which is real, should be rated best and its anchor worst; the ratings of a
listener who does not hear that difference say little (ITU-R BS.1534, and ITU-T P.910 for hidden
references among single stimuli).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import butter, sosfiltfilt

from sonovae import params
from sonovae.arrays import Indices, Samples
from sonovae.codec.file_names import CODEC_FILES
from sonovae.dataset import original_items, saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.generation import studio
from sonovae.generation.studio import Studio
from sonovae.project import CLIPS_CSV, MODEL, PICTURES, Project

REAL = "real"
RECONSTRUCTED = "reconstructed"
GENERATED = "generated"
REFERENCE = "reference"
ANCHOR = "anchor"
SETS = (REAL, RECONSTRUCTED, GENERATED, REFERENCE, ANCHOR)
OF_CLIPS = (REAL, RECONSTRUCTED, REFERENCE)
"""Sets made of test clips; no two of them share a clip."""
ANCHOR_HZ = 3500
"""Cutoff frequency of an anchor's low-pass filter, as in BS.1534."""
ANCHOR_ORDER = 8
"""Order of the low-pass filter: little is left of what lies above its cutoff."""
ANCHOR_Q_DB = 10
"""Level of a sound over its anchor's noise in dB: clearly audible."""


def open_studio(root: Path, seed: int) -> Studio:
    """Open the project's model; UserError if there is none, or if it makes images."""
    project = Project(root)
    settings = params.load(project.params).generate.griffin_lim
    opened = studio.load(project.model, settings, seed)
    if opened.sample_rate is None:
        raise UserError(
            f"{MODEL} makes images, and a listening study needs sounds: choose a recipe of sounds"
        )
    return opened


def draw(root: Path, opened: Studio, each: int) -> tuple[pd.DataFrame, list[Samples]]:
    """Make `each` sounds of every set, with their own loudness.

    Returns a table of `set`, `label` and `trial`, from 1 to each, and the samples [n] of its rows.
    The sounds of a trial have one label, and its anchor is made of its reference.
    """
    test = _test_clips(root)
    rows = choose(test.clips, each, opened.seed)
    chosen = {name: test.take(rows[name]) for name in OF_CLIPS}
    labels = {name: list(chosen[name].clips["label"]) for name in OF_CLIPS}
    # Sets without clips of their own follow another set, trial by trial.
    labels[GENERATED] = labels[REAL]
    labels[ANCHOR] = labels[REFERENCE]
    raw = Project(root).raw
    sounds = {}
    for name in (REAL, REFERENCE):
        clips = chosen[name].clips
        sounds[name] = original_items.read(raw, opened.codec, clips)
    sounds[RECONSTRUCTED] = _reconstruct(opened, chosen[RECONSTRUCTED])
    sounds[GENERATED] = [
        _generate(opened, label, trial) for trial, label in enumerate(labels[GENERATED])
    ]
    rng = np.random.default_rng(opened.seed)
    sample_rate = opened.sample_rate or 0
    sounds[ANCHOR] = [anchor(samples, sample_rate, rng) for samples in sounds[REFERENCE]]
    table = []
    waves = []
    for name in SETS:
        table += [(name, label, trial) for trial, label in enumerate(labels[name], start=1)]
        waves += sounds[name]
    return pd.DataFrame(table, columns=["set", "label", "trial"]), waves


def choose(clips: pd.DataFrame, each: int, seed: int) -> dict[str, Indices]:
    """Choose rows [each] of a clips table at random for each of `OF_CLIPS`, none twice.

    Labels take turns while they have clips left; a recording's second clip comes after the first
    ones of all others.
    """
    needed = each * len(OF_CLIPS)
    if needed > len(clips):
        most = len(clips) // len(OF_CLIPS)
        fix = f"at most --each {most}" if most else "more recordings, or a larger split.test"
        raise UserError(
            f"--each {each}: that takes {needed} clips of the test split,"
            f" which has {len(clips)}: {fix}"
        )
    shuffled = clips[["label", "sha256"]].sample(frac=1, random_state=np.random.default_rng(seed))
    turn = shuffled.groupby("sha256").cumcount().rename("turn")
    ordered = shuffled.join(turn).sort_values("turn", kind="stable")
    left = {label: list(rows.index) for label, rows in ordered.groupby("label")}
    labels = list(left)
    chosen: dict[str, list[int]] = {name: [] for name in OF_CLIPS}
    for trial in range(each):
        for name in OF_CLIPS:
            # A label without clips is replaced by the one with the most.
            rows = left[labels[trial % len(labels)]] or max(left.values(), key=len)
            chosen[name].append(rows.pop(0))
    return {name: np.array(rows) for name, rows in chosen.items()}


def anchor(samples: Samples, sample_rate: int, rng: np.random.Generator) -> Samples:
    """Make a sound [n] within ±1 worse than any model should.

    Noise that follows the sound is added (as in the modulated noise reference unit of ITU-T
    P.810), and what is above `ANCHOR_HZ` is removed (as in BS.1534's anchor).
    """
    # The filter is inaudible if a sound, such as a whistle, has nothing above the cutoff.
    noise = rng.standard_normal(len(samples)) * 10 ** (-ANCHOR_Q_DB / 20)
    worse = samples * (1 + noise)
    if sample_rate / 2 > ANCHOR_HZ:
        low_pass = butter(ANCHOR_ORDER, ANCHOR_HZ, fs=sample_rate, output="sos")
        worse = sosfiltfilt(low_pass, worse, padlen=min(len(worse) - 1, 100))
    return np.asarray(worse / max(1.0, np.abs(worse).max(initial=0)), np.float32)


def _test_clips(root: Path) -> Dataset:
    """Load the test split; UserError unless the model's own codec made the pictures."""
    project = Project(root)
    if not (project.pictures / CLIPS_CSV).is_file():
        raise UserError(
            f"{PICTURES} holds no clips: `dvc repro` makes them, `dvc pull {PICTURES}` brings them"
        )
    # Otherwise the model would be judged by pictures that it was not trained on.
    for name in CODEC_FILES:
        if (project.pictures / name).read_bytes() != (project.model / name).read_bytes():
            raise UserError(
                f"{PICTURES} and {MODEL} have different codecs: `dvc repro` trains the model again"
            )
    return saved_dataset.load(project.pictures).side("test")


def _reconstruct(opened: Studio, chosen: Dataset) -> list[Samples]:
    posterior = opened.encode(chosen.pictures[:])
    scales = opened.codec.clip_scales(chosen.clips)
    return list(opened.invert(opened.decode(posterior.mean), scales))


def _generate(opened: Studio, label: str, trial: int) -> Samples:
    """Make a sound of the label, or of all labels if the model does not know it."""
    # A seed of its own: otherwise all sounds of a label would be the same.
    seeded = replace(opened, seed=opened.seed + trial)
    z = seeded.draw(1, label if label in seeded.labels else None)
    return np.clip(seeded.items(z)[0], -1, 1)
