"""Clips and images as files that people look at and listen to."""

from pathlib import Path
from typing import Any

from sonovae import codec, image, plots, sound, spectrogram
from sonovae.clips import Item
from sonovae.codec import Codec


def write(stem: Path, c: Codec, item: Item, about: dict[str, Any] | None = None) -> None:
    """Samples in [-1, 1] as STEM.wav, with waveform, spectrum and spectrogram as STEM.png; or an image as STEM.png. The
    file itself holds what is said about it."""
    if not isinstance(c, codec.Sound):
        image.write(stem.with_suffix(".png"), item, about)
        return
    rate = c.waveform.sample_rate
    sound.write(stem.with_suffix(".wav"), item, rate, about)
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(item, c.frames))
    plots.save(plots.panel(item, rate, decibels), stem.with_suffix(".png"))
