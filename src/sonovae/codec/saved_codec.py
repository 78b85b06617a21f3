"""A codec fitted to the training clips, and its files."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sonovae import params
from sonovae.arrays import Floats64, Item, Spectrogram
from sonovae.codec import image_codec, scaling
from sonovae.codec.analysis import Analysis
from sonovae.codec.base import Codec
from sonovae.codec.file_names import CODEC_FILES
from sonovae.codec.image_codec import ImageCodec
from sonovae.codec.scaling import Scale
from sonovae.codec.sound_codec import SoundCodec
from sonovae.errors import UserError
from sonovae.params.preprocess import Picture, Preprocess, Waveform
from sonovae.params.preprocess import Spectrogram as SpectrogramSettings

VERSION = 4
"""Raised when a codec of an older version would be inverted differently."""
JSON, NPZ = CODEC_FILES
CODECS: dict[str, type[Codec]] = {codec.kind: codec for codec in (ImageCodec, SoundCodec)}
SECTIONS: dict[str, type[Any]] = {
    "waveform": Waveform,
    "spectrogram": SpectrogramSettings,
    "picture": Picture,
}
"""Sections of the parameters that a codec may keep."""


def analysis(settings: Preprocess) -> Callable[[Item], Spectrogram]:
    """Return the part of a codec that needs no scale: item → spectrogram [bins, frames]."""
    if settings.waveform and settings.spectrogram:
        return Analysis(settings.waveform, settings.spectrogram, settings.picture)
    return image_codec.analyse


def fit(
    settings: Preprocess,
    values: Iterable[Spectrogram],
    limits: Floats64,
    gains: Floats64,
) -> Codec:
    """Fit a codec to training clips: their values [bins, frames], limits [N, 2] and gains [N]."""
    typical = scaling.typical(settings.picture, settings.dynamic_range, values, limits, gains)
    if settings.waveform and settings.spectrogram:
        return SoundCodec(settings.picture, typical, settings.waveform, settings.spectrogram)
    return ImageCodec(settings.picture, typical)


def save(folder: Path, codec: Codec) -> None:
    """Write the codec's files."""
    saved = {"version": VERSION, "kind": codec.kind, **codec.settings()}
    text = json.dumps(saved, indent=2)
    (folder / JSON).write_text(text + "\n", encoding="utf-8")
    typical = codec.typical
    np.savez(folder / NPZ, low=typical.low, high=typical.high, gain=typical.gain)


def load(folder: Path) -> Codec:
    """Read the codec in a folder; raise UserError if there is none of this version."""
    saved = _read_json(folder)
    sections = {
        name: params.parse(saved[name], section)
        for name, section in SECTIONS.items()
        if name in saved
    }
    return CODECS[saved["kind"]](typical=_read_scale(folder), **sections)


def _read_json(folder: Path) -> dict[str, Any]:
    path = folder / JSON
    try:
        saved: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UserError(f"{folder} holds no codec: `dvc repro preprocess` makes one") from None
    version = saved.get("version")
    if version != VERSION:
        raise UserError(f"{path} has version {version}, this is for {VERSION}: preprocess again")
    kind = saved.get("kind")
    if kind not in CODECS:
        raise UserError(f"{path} is of kind {kind!r}, and this version knows {', '.join(CODECS)}")
    return saved


def _read_scale(folder: Path) -> Scale:
    with np.load(folder / NPZ, allow_pickle=False) as arrays:
        # One limit for all pixels is kept as an array without dimensions.
        low = arrays["low"] if arrays["low"].ndim else float(arrays["low"])
        high = arrays["high"] if arrays["high"].ndim else float(arrays["high"])
        return Scale(low, high, float(arrays["gain"]))
