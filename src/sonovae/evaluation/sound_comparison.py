"""New sounds and controls compared with recordings, as sounds; images have no such scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sonovae.arrays import Item, Pictures, Samples
from sonovae.codec.scaling import Scale
from sonovae.dataset.saved_dataset import Dataset
from sonovae.evaluation import control_sets, quality_table
from sonovae.evaluation.control_sets import Scored
from sonovae.evaluation.inputs import Inputs
from sonovae.quality import discriminator, giveaways, sound_scores
from sonovae.quality.discriminator import Views
from sonovae.quality.reference import Reference, Sounds
from sonovae.recordings import recordings_table
from sonovae.runtime.progress import progress


@dataclass(frozen=True)
class Comparison:
    """Scores, a row for each set; and the frequencies at which new sounds differ, in words."""

    scores: pd.DataFrame
    bands: str


def compare(inputs: Inputs, sets: Mapping[str, Scored]) -> Comparison:
    """Score each set as sounds; there are no scores of images."""
    if inputs.studio.sample_rate is None:
        return Comparison(pd.DataFrame(index=pd.Index(sets, name="set")), "")
    train = _some_training_clips(inputs)
    reference = _reference(inputs, train, sets["real"])
    resamples = inputs.settings.scoring.resamples
    rows = {}
    statistics = {}
    for name in progress(sets, "evaluate", "sets measured", len(sets)):
        if name == "real":
            # Recordings are compared with others, those of the training split.
            own = reference.measured_test
            against = reference.measured_train
        else:
            own = reference.measure(_sounds(inputs, sets[name]))
            against = reference.measured_test
        rows[name] = sound_scores.row(reference, own, against, resamples)
        statistics[name] = own.statistics
    for name, row in _network_rows(inputs, reference, train, sets).items():
        rows[name] |= row
    new = statistics[quality_table.newest(sets)]
    words = giveaways.bands(statistics["real"], new, reference.sample_rate)
    return Comparison(pd.DataFrame(rows).T.rename_axis("set"), words)


def _some_training_clips(inputs: Inputs) -> Dataset:
    """Draw training clips in random order, so that the first ones are a fair sample, too."""
    most = inputs.settings.scoring.training_sounds
    rng = np.random.default_rng(inputs.settings.seed)
    return inputs.train.take(rng.permutation(len(inputs.train.clips))[:most])


def _reference(inputs: Inputs, train: Dataset, real: Scored) -> Reference:
    rate = inputs.studio.sample_rate
    if rate is None:
        raise ValueError("images have no sample rate")
    scales = inputs.studio.codec.clip_scales(train.clips)
    samples = _as_loud(inputs, inputs.originals(train), scales)
    groups = train.clips["group"].tolist()
    return Reference(
        Sounds(samples, groups),
        _sounds(inputs, real),
        _identities(inputs, train),
        rate,
        inputs.settings.seed,
    )


def _identities(inputs: Inputs, clips: Dataset) -> list[str]:
    """Return the voice of each clip, from the column that evaluate.scoring.identity names."""
    column = inputs.settings.scoring.identity
    if column is None:
        return clips.clips["group"].tolist()
    table = recordings_table.used(recordings_table.read(inputs.project.recordings))
    hashes = clips.clips["sha256"].tolist()
    return recordings_table.values(table, column, hashes, "evaluate.scoring.identity")


def _network_rows(
    inputs: Inputs, reference: Reference, train: Dataset, sets: Mapping[str, Scored]
) -> dict[str, sound_scores.Row]:
    """Return the rows of networks that tell sets from recordings, where there are enough."""
    enough_clips = len(train.clips) >= 2 * sound_scores.FEWEST_FOR_NETWORK
    if not enough_clips or not sound_scores.has_groups(reference.test.groups):
        return {}
    resamples = inputs.settings.scoring.resamples
    seed = inputs.settings.seed
    known = (_views(reference, reference.train), _views(reference, reference.test))
    rows = {"real": sound_scores.real_against_real(reference, known, resamples)}
    names = ("inverse", "reconstructed", quality_table.newest(sets))
    for name in progress(names, "evaluate", "networks trained", len(names)):
        learned = _views(reference, _training_sounds(inputs, train, name))
        scored = _sounds(inputs, sets[name])
        groups = (reference.test.groups, scored.groups)
        tested = (known[1], _views(reference, scored))
        rows[name] = sound_scores.network_row((known[0], learned), tested, groups, resamples, seed)
    return rows


def _training_sounds(inputs: Inputs, train: Dataset, name: str) -> Sounds:
    """Make other sounds of a set, as many as there are training clips."""
    studio = inputs.studio
    codec = studio.codec
    n = len(train.clips)
    scales: Sequence[Scale] = codec.clip_scales(train.clips)
    pictures: Pictures
    if name == "inverse":
        pictures = train.pictures[:]
    elif name == "reconstructed":
        pictures = studio.decode(inputs.latents(train))
    else:
        # Not those that are scored.
        rng = np.random.default_rng([inputs.settings.seed, 1])
        drawn = control_sets.generated(inputs, train, rng)[name]
        pictures, scales = drawn.pictures, drawn.scales
    inverted = studio.invert(pictures, scales)
    items = list(progress(inverted, "evaluate", f"sounds, {name.replace('_', ' ')}", n))
    return Sounds(_as_loud(inputs, items, scales), [str(i) for i in range(n)])


def _views(reference: Reference, sounds: Sounds) -> Views:
    return discriminator.views(sounds.samples, reference.sample_rate, reference.highest_hz)


def _sounds(inputs: Inputs, scored: Scored) -> Sounds:
    return Sounds(_as_loud(inputs, scored.items, scored.scales), scored.groups)


def _as_loud(inputs: Inputs, items: Sequence[Item], scales: Sequence[Scale]) -> list[Samples]:
    """Restore the level that each item has when it is written."""
    codec = inputs.studio.codec
    return [codec.restore_level(*pair) for pair in zip(items, scales, strict=True)]
