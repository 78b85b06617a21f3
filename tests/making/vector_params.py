"""Parameters of an experiment in decibels whose z is a vector, with layers in lists."""

import functools
import shutil
import tempfile
from pathlib import Path

from sonovae.params import Params, recipes
from sonovae.params.file import check
from tests.making.projects import HERE

RECIPE = """\
# vector: whistles by a network whose z is a vector
# Recordings: none are needed.
fetch:
  source: whistles
  pattern: (?P<label>[^/]+)/(?P<group>\\w+)-\\d+\\.wav  # melody/whistler-take
preprocess:
  waveform: {fade_seconds: 0.01}  # cuts must not be learned
train:
  initialization: pca
  reconstruction: gaussian  # the noise is fitted, so that no weight has to be chosen
  kl_weight: 1
  learning_rate: 2e-3
  dense_learning_rate: 1e-4
  warmup_batches: 100
  schedule: cosine
  time_warp: 0.2  # there are few clips
judge: {steps: 500}
evaluate: {scoring: {training_sounds: 120}}  # for speed
"""


@functools.cache
def text() -> str:
    """Return the text of a params.yaml."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "recipes").mkdir()
        shutil.copy(HERE / "recipes/base.yaml", root / "recipes")
        (root / "recipes/vector.yaml").write_text(RECIPE)
        return recipes.whole(root, "vector")


def parameters() -> Params:
    return check(text(), "params.yaml")
