"""Clips and images as files that people look at and listen to."""

from pathlib import Path

from sonovae import codec, image, plots, sound, spectrogram
from sonovae.clips import Item
from sonovae.codec import Codec


def write(stem: Path, c: Codec, item: Item) -> None:
    """Samples in [-1, 1] as STEM.wav, with waveform, spectrum and spectrogram as STEM.png; or an image as STEM.png."""
    if not isinstance(c, codec.Sound):
        image.write(stem.with_suffix(".png"), item)
        return
    rate = c.waveform.sample_rate
    sound.write(stem.with_suffix(".wav"), item, rate)
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(item, c.frames))
    plots.save(plots.panel(item, rate, decibels), stem.with_suffix(".png"))
