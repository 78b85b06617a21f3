"""Sound files: what one contains, where a generated one comes from, and smaller copies."""

import json
import re
from dataclasses import asdict
from pathlib import Path

from pydantic import ValidationError

from sonovae import atomic, params, tracking
from sonovae.codec import analysis, sound_files, spectrogram
from sonovae.errors import Unreadable, UserError
from sonovae.generation import item_files
from sonovae.pages import plots
from sonovae.params.preprocess import Spectrogram
from sonovae.project import Project
from sonovae.runtime.progress import progress

RUN_ID = re.compile("[0-9a-f]{32}")
"""Pattern of the ids that MLflow gives to runs; a commit's full hash is longer."""


def show(root: Path, source: Path, out: Path, lengths: dict[str, int]) -> None:
    """Draw a sound as a PNG, and print the transform and the file's facts.

    The transform is that of params.yaml; `lengths` in samples, by key, replace its own.
    """
    if out.suffix.lower() != ".png":
        raise UserError(f"{out}: the picture is a PNG, so its name must end in .png")
    own = params.load(Project(root).params).preprocess.spectrogram
    if not own:
        raise UserError("params.yaml is about images: there is no spectrogram to draw")
    changed = params.plain(own) | lengths
    try:
        settings = params.parse(changed, Spectrogram)
        facts = sound_files.inspect(source)
        samples, sample_rate = sound_files.read(source)
    except ValidationError as error:
        raise UserError("\n".join(params.faults(error, changed))) from None
    except Unreadable as error:
        raise UserError(f"{source}: {error}") from None
    frames = analysis.frames(settings)
    decibels = spectrogram.magnitude_to_db(spectrogram.waveform_to_magnitude(samples, frames))
    plots.save(plots.panel(samples, sample_rate, decibels), out)
    for name, value in {**frames, **asdict(facts)}.items():
        print(f"{name}: {value}")


def whence(root: Path, what: str) -> None:
    """Print the origin of a generated file, of a run by its id, or of a commit's result.

    It is a file's provenance, the run that made the model, and the commits that hold it.
    """
    if Path(what).is_file():
        provenance = item_files.read_provenance(Path(what))
        if "model" not in provenance:
            raise UserError(
                f"{what} holds no metadata of sonovae: only files that sonovae generated have it"
            )
        print(json.dumps(provenance, indent=2))
        lines = tracking.describe_model(root, provenance["model"])
    elif RUN_ID.fullmatch(what):
        lines = tracking.describe_run(root, what)
    else:
        lines = tracking.describe_commit(root, what)
    print("\n".join(lines))


def export(source: Path, kind: str, out: Path) -> None:
    """Write a folder's WAV files in a smaller format to a new folder, with their provenance."""
    sounds = sorted(source.glob("*.wav"))
    if not sounds:
        raise UserError(f"{source} holds no WAV files to export")
    with atomic.new_folder(out) as part:
        for path in progress(sounds, "export", "sounds", len(sounds)):
            try:
                samples, sample_rate = sound_files.read(path)
            except Unreadable as error:
                raise UserError(f"{path}: {error}") from None
            # Samples read from a float WAV may lie beyond full scale.
            within = samples.clip(-1, 1)
            copy = part / f"{path.stem}.{kind}"
            sound_files.write(copy, within, sample_rate, sound_files.comment(path))
