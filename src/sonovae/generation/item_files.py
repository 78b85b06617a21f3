"""Clips and images as files that people look at and listen to."""

import json
import tempfile
from pathlib import Path
from typing import Any

from sonovae.codec import image_files, saved_codec, sound_files, spectrogram
from sonovae.codec.picture import Item
from sonovae.codec.saved_codec import Codec
from sonovae.pages import plots


def provenance(model_id: str, seed: int, how: dict[str, Any]) -> dict[str, Any]:
    """What a file says about itself: that it was generated, by which model, from which seed, and how z was drawn."""
    return {"made_by": "sonovae, which generated it", "model": model_id, "seed": seed, **how}


def about(path: Path) -> dict[str, Any]:
    """What a file says about itself; nothing where that is not known."""
    try:
        found = json.loads(
            (image_files if path.suffix.lower() == ".png" else sound_files).comment(path)
        )
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def write(stem: Path, c: Codec, item: Item, said: dict[str, Any] | None = None) -> None:
    """Samples in [-1, 1] as STEM.wav, with waveform, spectrum and spectrogram as STEM.png; or an image as STEM.png. The
    file itself holds what is said about it."""
    comment = json.dumps(said) if said else ""
    if not isinstance(c, saved_codec.Sound):
        image_files.write(stem.with_suffix(".png"), item, comment)
        return
    rate = c.waveform.sample_rate
    sound_files.write(stem.with_suffix(".wav"), item, rate, comment)
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(item, c.frames))
    plots.save(plots.panel(item, rate, decibels), stem.with_suffix(".png"))


def packed(c: Codec, item: Item, said: dict[str, Any]) -> bytes:
    """The bytes of a WAV, or of a PNG where the item is an image; they hold what is said about it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "new.wav"
        if isinstance(c, saved_codec.Sound):
            sound_files.write(path, item, c.waveform.sample_rate, json.dumps(said))
        else:
            image_files.write(path, item, json.dumps(said))
        return path.read_bytes()


def write_new(
    out: Path, c: Codec, item: Item, n: int, said: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    """The n-th new levelled clip or image, as KIND_N in a folder; returns its name, and what it says about itself, with
    the row of z that it was made of: the n-th, where no `rows_of_z` are said."""
    name, said = f"{c.kind}_{n + 1:03d}", said if "rows_of_z" in said else said | {"row_of_z": n}
    write(out / name, c, c.restore(item, c.typical), said)
    return name, said
