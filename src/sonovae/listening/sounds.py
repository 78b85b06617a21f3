"""The sounds of a study: real ones, what a model makes of others and of nothing, and two controls.

A hidden reference, a real sound, should be rated best, and its anchor worst: a listener who does not hear that hears
nothing else (ITU-R BS.1534, and ITU-T P.910 for hidden references among single stimuli).
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.signal import butter, sosfiltfilt

from sonovae import params
from sonovae.arrays import Samples
from sonovae.codec.file_names import CODEC_FILES
from sonovae.dataset import saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.evaluation import reconstructions
from sonovae.generation import studio
from sonovae.generation.studio import Studio
from sonovae.params.sections import GriffinLim

RAW, PICTURES, MODEL = "data/raw", "data/pictures", "data/model"
REAL, RECONSTRUCTED, GENERATED, REFERENCE, ANCHOR = (
    "real",
    "reconstructed",
    "generated",
    "reference",
    "anchor",
)
SETS = (REAL, RECONSTRUCTED, GENERATED, REFERENCE, ANCHOR)
OF_CLIPS = (REAL, RECONSTRUCTED, REFERENCE)
"""Sets that take test clips, each its own."""
ANCHOR_HZ, ANCHOR_ORDER = 3500, 8
"""Where an anchor's low-pass filter ends, as BS.1534 has it."""
ANCHOR_Q_DB = 10
"""By how much the sound lies over an anchor's noise."""


def at_hand(root: Path, seed: int) -> Studio:
    """The project's model, with generate's way back; UserError where there is none, or one of images."""
    back: GriffinLim = params.load(root / "params.yaml").generate.griffin_lim
    made = studio.load(root / MODEL, back, seed)
    if made.sample_rate is None:
        raise UserError(
            f"{MODEL} is of images, and a listening study needs sounds: choose a recipe of sounds"
        )
    return made


def draw(root: Path, made: Studio, each: int) -> tuple[pd.DataFrame, list[Samples]]:
    """`each` sounds of every set, as loud as they are: a table of `set`, `label` and `trial`, from 1 to each, and their
    samples [n]. Sounds of a trial have one label, and its anchor is made of its reference."""
    test = _test_clips(root)
    rows = choose(test.clips, each, made.seed)
    found = {name: _real(root, made, test.take(rows[name])) for name in (REAL, REFERENCE)}
    found[RECONSTRUCTED] = _reconstructed(made, test.take(rows[RECONSTRUCTED]))
    labels = list(test.clips["label"].iloc[rows[REAL]])
    found[GENERATED] = [_generated(made, label, trial) for trial, label in enumerate(labels)]
    rng = np.random.default_rng(made.seed)
    found[ANCHOR] = [
        anchor(samples, int(made.sample_rate or 0), rng) for samples in found[REFERENCE]
    ]
    table = [
        (name, _label(test, rows, name, i, labels), i + 1) for name in SETS for i in range(each)
    ]
    return pd.DataFrame(table, columns=["set", "label", "trial"]), [
        samples for name in SETS for samples in found[name]
    ]


def choose(clips: pd.DataFrame, each: int, seed: int) -> dict[str, np.ndarray]:
    """Row numbers [each] of a clips table for each of `OF_CLIPS`, none twice, at random: by turns of each label while
    it has clips left, and of other recordings before others of the same."""
    if (need := each * len(OF_CLIPS)) > len(clips):
        most = len(clips) // len(OF_CLIPS)
        raise UserError(
            f"--each {each}: that takes {need} clips of the test split, which has {len(clips)}: "
            + (f"at most --each {most}" if most else "more recordings, or a larger split.test")
        )
    shuffled = clips[["label", "sha256"]].sample(frac=1, random_state=np.random.default_rng(seed))
    turn = shuffled.groupby("sha256").cumcount().rename("turn")
    ordered = shuffled.join(turn).sort_values("turn", kind="stable")
    by_label = {name: list(some.index) for name, some in ordered.groupby("label")}
    chosen: dict[str, list[int]] = {name: [] for name in OF_CLIPS}
    labels = list(by_label)
    for trial in range(each):
        for name in OF_CLIPS:
            wanted = by_label[labels[trial % len(labels)]]
            chosen[name].append((wanted or max(by_label.values(), key=len)).pop(0))
    return {name: np.array(rows) for name, rows in chosen.items()}


def anchor(samples: Samples, sample_rate: int, rng: np.random.Generator) -> Samples:
    """A sound [n] worse than any should be: with noise that follows it, 10 dB below (as the modulated noise reference
    unit of ITU-T P.810), and nothing above 3.5 kHz (as BS.1534's anchor). The filter alone would not be heard where a
    sound, a whistle say, has nothing there."""
    noise = rng.standard_normal(len(samples)) * 10 ** (-ANCHOR_Q_DB / 20)
    worse = samples * (1 + noise)
    if sample_rate / 2 > ANCHOR_HZ:
        low = butter(ANCHOR_ORDER, ANCHOR_HZ, fs=sample_rate, output="sos")
        worse = sosfiltfilt(low, worse, padlen=min(len(worse) - 1, 100))
    return np.asarray(worse / max(1.0, np.abs(worse).max(initial=0)), np.float32)


def _test_clips(root: Path) -> Dataset:
    """The clips of the test split, as the model's own codec made them."""
    pictures = root / PICTURES
    if not (pictures / "clips.csv").is_file():
        raise UserError(
            f"{PICTURES} holds no clips: `dvc repro` makes them, `dvc pull {PICTURES}` brings them"
        )
    if any(
        (pictures / name).read_bytes() != (root / MODEL / name).read_bytes() for name in CODEC_FILES
    ):
        raise UserError(
            f"{PICTURES} and {MODEL} have not the same codec: `dvc repro` makes the model anew"
        )
    return saved_dataset.load(pictures).side("test")


def _real(root: Path, made: Studio, chosen: Dataset) -> list[Samples]:
    return reconstructions.originals(root / RAW, made.codec, chosen.clips)


def _reconstructed(made: Studio, chosen: Dataset) -> list[Samples]:
    posterior = made.encode(chosen.pictures[:])
    scales = made.codec.clip_scales(chosen.clips)
    return list(made.invert(made.decode(posterior.mean), scales))


def _generated(made: Studio, label: str, trial: int) -> Samples:
    """A new sound of the label, or of all where the model does not know it."""
    own = replace(made, seed=made.seed + trial)
    z = own.draw(1, label if label in made.labels else None)
    return np.clip(own.items(z)[0], -1, 1)


def _label(
    test: Dataset, rows: dict[str, np.ndarray], name: str, trial: int, labels: list[str]
) -> str:
    """That of a clip; of a sound without one, that of its trial."""
    of = {ANCHOR: REFERENCE}.get(name, name)
    return str(test.clips["label"].iloc[rows[of][trial]]) if of in rows else labels[trial]
