"""Sound files at hand: what one holds, to see; where a generated one comes from; and smaller copies of them."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sonovae import atomic, params, tracking
from sonovae.codec import sound_codec, sound_files, spectrogram
from sonovae.errors import Unreadable, UserError
from sonovae.generation import item_files
from sonovae.pages import plots
from sonovae.params.preprocess import Spectrogram
from sonovae.runtime.progress import progress

RUN = re.compile("[0-9a-f]{32}")
"""A run's id."""


def show(root: Path, source: Path, out: Path, lengths: dict[str, Any]) -> None:
    """Draw a sound as a PNG under the transform of params.yaml, but for other `lengths` by name; print these, and what
    the file holds."""
    if out.suffix.lower() != ".png":
        raise UserError(f"{out}: the picture is a PNG, name it so")
    p = params.load(root / "params.yaml").preprocess.spectrogram
    if not p:
        raise UserError("params.yaml is about images: there is no spectrogram to draw")
    given = {
        name: lengths[name]
        for name in ("n_fft", "win_length", "hop_length")
        if lengths.get(name) is not None
    }
    try:
        section = params.parse(whole := params.plain(p) | given, Spectrogram)
        facts, (samples, rate) = sound_files.inspect(source), sound_files.read(source)
    except ValidationError as error:
        raise UserError("\n".join(params.faults(error, whole))) from None
    except Unreadable as error:
        raise UserError(f"{source}: {error}") from None
    frames = sound_codec.frames(section)
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(samples, frames))
    plots.save(plots.panel(samples, rate, decibels), out)
    print("\n".join(f"{name}: {value}" for name, value in {**frames, **asdict(facts)}.items()))


def whence(root: Path, what: str) -> None:
    """Print what a sound or image says about itself, the run that made its model, and the commits that hold it; or the
    same of a run, by its id, or of a commit."""
    if Path(what).is_file():
        if "model" not in (found := item_files.read_provenance(Path(what))):
            raise UserError(
                f"{what}: it says nothing about where it comes from; what sonovae generated does"
            )
        print(json.dumps(found, indent=2))
        lines = tracking.describe_model(root, found["model"])
    else:
        lines = (
            tracking.describe_run(root, what)
            if RUN.fullmatch(what)
            else tracking.describe_commit(root, what)
        )
    print("\n".join(lines))


def export(source: Path, kind: str, out: Path) -> None:
    """A folder's WAV files as files of a smaller kind, in a new folder; each goes on saying where it comes from."""
    if not (sounds := sorted(source.glob("*.wav"))):
        raise UserError(f"{source} holds no WAV files to export")
    with atomic.new_folder(out) as part:
        for path in progress(sounds, "export", "sounds", len(sounds)):
            try:
                samples, rate = sound_files.read(path)
            except Unreadable as error:
                raise UserError(f"{path}: {error}") from None
            sound_files.write(
                part / f"{path.stem}.{kind}", samples.clip(-1, 1), rate, sound_files.comment(path)
            )
