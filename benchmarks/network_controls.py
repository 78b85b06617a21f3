"""`python -m benchmarks.network_controls FOLDER`: can networks tell controls from recordings?

FOLDER is a project after `make repro`. Each control is trained against its training recordings and
scored on its test recordings, as evaluate does with new sounds; the table has the area under the
curve of both networks.
"""

import sys
from pathlib import Path

import numpy as np

from sonovae import params
from sonovae.codec import saved_codec
from sonovae.dataset import original_items, saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.features.degraded import DEGRADED
from sonovae.model import backend
from sonovae.project import Project
from sonovae.quality import discriminator, sound_scores
from sonovae.quality.reference import Reference, Sounds
from sonovae.runtime.progress import progress


def main(folder: str) -> None:
    """Print a row for each control."""
    project = Project(Path(folder))
    settings = params.load(project.params)
    backend.prepare(settings.judge.threads)
    scoring = settings.evaluate.scoring
    seed = settings.evaluate.seed
    data = saved_dataset.load(project.pictures)
    train = _sounds(project, data.side("train"), scoring.training_sounds, seed)
    test = _sounds(project, data.side("test"), scoring.sounds, seed)
    codec = saved_codec.load(project.pictures)
    rate = codec.sample_rate
    if rate is None:
        raise SystemExit(f"{folder} holds images, which have no such controls")
    reference = Reference(train, test, train.groups, rate, seed)

    def views(sounds: Sounds) -> discriminator.Views:
        return discriminator.views(sounds.samples, rate, reference.highest_hz)

    known = (views(train), views(test))
    rng = np.random.default_rng(seed)
    print("| control | `auc_network_mel` | `auc_network_fine` |\n|---|---|---|")
    for name in progress(DEGRADED, "controls", "controls", len(DEGRADED)):
        changed = []
        for side in (train, test):
            samples = [DEGRADED[name](own, rate, rng) for own in side.samples]
            changed.append(views(Sounds(samples, side.groups)))
        row = sound_scores.network_row(
            (known[0], changed[0]),
            (known[1], changed[1]),
            (test.groups, test.groups),
            scoring.resamples,
            seed,
        )
        cells = [_cell(row, f"auc_network_{kind}") for kind in ("mel", "fine")]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _sounds(project: Project, clips: Dataset, most: int, seed: int) -> Sounds:
    """Read at most so many clips, in random order, at the level of the recordings' files."""
    rng = np.random.default_rng(seed)
    chosen = clips.take(rng.permutation(len(clips.clips))[:most])
    codec = saved_codec.load(project.pictures)
    items = original_items.read(project.raw, codec, chosen.clips)
    scales = codec.clip_scales(chosen.clips)
    samples = [codec.restore_level(*pair) for pair in zip(items, scales, strict=True)]
    return Sounds(samples, chosen.clips["group"].tolist())


def _cell(row: dict[str, float], name: str) -> str:
    return f"{row[name]:.2f} ({row[f'{name}_low']:.2f} to {row[f'{name}_high']:.2f})"


if __name__ == "__main__":
    main(*sys.argv[1:])
