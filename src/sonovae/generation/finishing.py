"""Last steps from a decoded item to a new sound: its length, and the level of a recording."""

from typing import Any

import numpy as np

from sonovae.arrays import Item
from sonovae.codec.base import Codec
from sonovae.distributions.levels import Levels
from sonovae.generation import lengths

LEVELS = 1
"""Number that follows the seed of levels, whose draws thus do not depend on those of z."""


def finish(
    items: list[Item], codec: Codec, levels: Levels, seed: int, how: dict[str, Any]
) -> list[Item]:
    """Cut items to the seconds in `how`, and give them the levels of random recordings of its
    label and group; the first are the same however many."""
    seconds = how.get("seconds")
    if seconds is not None and codec.sample_rate:
        length = round(seconds * codec.sample_rate)
        items = [lengths.cut(item, length, codec.sample_rate) for item in items]
    # A clip has a gain of its own, and what never was one has that of a training clip.
    rng = np.random.default_rng([seed, LEVELS])
    gains = levels.draw(how.get("label"), len(items), rng, how.get("group"))
    scales = codec.new_scales(gains)
    return [codec.restore_level(*pair) for pair in zip(items, scales, strict=True)]
