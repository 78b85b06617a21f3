"""What a sound file holds, to see; and where a generated one comes from."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sonovae import codec, image, params, plots, sound, spectrogram, tracking
from sonovae.errors import Unreadable, UserError
from sonovae.params.preprocess import Spectrogram


def show(root: Path, source: Path, out: Path, lengths: dict[str, Any]) -> None:
    """Draw a sound as a PNG under the transform of params.yaml, but for other `lengths` by name; print these, and what
    the file holds."""
    p = params.load(root / "params.yaml").preprocess.spectrogram
    if not p:
        raise UserError("params.yaml is about images: there is no spectrogram to draw")
    given = {name: lengths[name] for name in ("n_fft", "win_length", "hop_length") if lengths.get(name)}
    try:
        section = params.parse(params.plain(p) | given, Spectrogram)
        facts, (samples, rate) = sound.inspect(source), sound.read(source)
    except ValueError as error:
        raise UserError(f"{given}: {str(error).splitlines()[2].strip()}") from None
    except Unreadable as error:
        raise UserError(f"{source}: {error}") from None
    frames = codec.frames(section)
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(samples, frames))
    plots.save(plots.panel(samples, rate, decibels), out)
    print("\n".join(f"{name}: {value}" for name, value in {**frames, **asdict(facts)}.items()))


def whence(root: Path, source: Path) -> None:
    """Print what a file says about itself, and the run that made its model."""
    if not source.is_file():
        raise UserError(f"{source} is not a file")
    found = image.about(source) if source.suffix.lower() == ".png" else sound.about(source)
    if "model" not in found:
        raise UserError(f"{source}: it says nothing about where it comes from; what sonovae generated does")
    print(json.dumps(found, indent=2))
    print(tracking.run_of(root, found["model"]) or "MLflow knows no run of this model here")
