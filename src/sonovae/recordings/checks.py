"""Whether a file can be used as a recording, and what is odd about it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sonovae.codec import image_files, sound_files
from sonovae.codec.sound_files import Facts
from sonovae.errors import Unreadable
from sonovae.params.fetch import Fetch
from sonovae.runtime import checksums

MIN_SAMPLE_RATE = 1000
"""Lowest sample rate in Hz; a lower one means a damaged header."""
MAX_SAMPLE_RATE = 768_000
"""Highest sample rate in Hz that converters offer; a higher one means a damaged header."""
MAX_PEAK = 1000.0
"""Highest peak, in units of full scale; beyond it the scale of the samples is unknown."""
MAX_CLIPPED = 1e-3
"""Share of samples at full scale that a few loud peaks do not reach."""
MAX_OFFSET = 0.02
"""Mean of the samples, in units of full scale, that a working converter does not reach."""
MAX_CANCELLED = 0.1
"""Swing of the mono mix relative to the peak, -20 dB, below which the channels cancel out."""

RATES = {
    8000,
    11025,
    12000,
    16000,
    22050,
    24000,
    32000,
    44100,
    48000,
    88200,
    96000,
    176400,
    192000,
}
"""Sample rates in Hz that recorders and encoders offer."""
SUFFIXES = {
    "WAV": {".wav", ".wave"},
    "WAVEX": {".wav", ".wave"},
    "RF64": {".wav", ".rf64"},
    "W64": {".w64"},
    "FLAC": {".flac"},
    "OGG": {".ogg", ".oga", ".opus"},
    "MP3": {".mp3"},
    "AIFF": {".aiff", ".aif", ".aifc"},
    "AU": {".au", ".snd"},
    "CAF": {".caf"},
    "MP4": {".m4a", ".mp4", ".m4b", ".aac"},
    "AAC": {".aac"},
    "ASF": {".wma", ".asf"},
    "AMR": {".amr"},
}
"""File name suffixes that fit each container."""


@dataclass(frozen=True)
class Contents:
    """Hash of a file, and the facts of its sound; None for an image."""

    sha256: str
    facts: Facts | None


def inspect_sound(path: Path) -> Contents:
    """Read a sound file to its end; raise Unreadable if it is damaged."""
    with decoder_errors():
        return Contents(checksums.sha256(path), sound_files.inspect(path))


def inspect_image(path: Path) -> Contents:
    """Read an image file; raise Unreadable if it is damaged."""
    with decoder_errors():
        image_files.read(path)
        return Contents(checksums.sha256(path), None)


@contextlib.contextmanager
def decoder_errors() -> Iterator[None]:
    """Raise Unreadable for whatever a decoder raises."""
    try:
        yield
    except Unreadable:
        raise
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror}") from None
    # Decoders fail with any exception on a hostile file, which must not stop the others.
    except Exception as error:
        raise Unreadable(f"damaged: its decoder fails with {type(error).__name__}") from None


def refusal(facts: Facts, settings: Fetch) -> str:
    """Return why a sound is left out; empty if it is used."""
    quiet = 10 ** (settings.min_peak_dbfs / 20)
    rate = facts.sample_rate
    if not MIN_SAMPLE_RATE <= rate <= MAX_SAMPLE_RATE:
        return f"a sample rate of {rate} Hz, not within {MIN_SAMPLE_RATE} and {MAX_SAMPLE_RATE} Hz"
    if facts.seconds < settings.min_seconds:
        return f"{facts.seconds:.3f} s, shorter than fetch.min_seconds = {settings.min_seconds:g}"
    if facts.peak > MAX_PEAK:
        return (
            f"its samples reach {facts.peak:.3g}, where full scale is 1:"
            " scale them, or save them as integers"
        )
    if facts.peak <= quiet:
        return f"silent: no sample over fetch.min_peak_dbfs = {settings.min_peak_dbfs:g}"
    # The swing is half the range of the mono mix, so that a constant offset does not count.
    if facts.swing <= quiet and abs(facts.offset) > quiet:
        return f"silent: a constant offset of {facts.offset:.3g} and nothing else"
    if facts.swing <= quiet:
        return "silent in mono: its channels cancel each other out"
    return ""


def warning(facts: Facts, name: str) -> str:
    """Return what is odd about a sound that is used all the same; empty if nothing is."""
    suffix = PurePosixPath(name).suffix.lower()
    # A name without a suffix promises nothing, and fits every container.
    fitting = SUFFIXES.get(facts.container, {suffix}) | {""}
    clipped = facts.clipped > MAX_CLIPPED and facts.peak <= 1
    oddities = {
        f"peaks at {facts.peak:.3g}, over full scale": facts.peak > 1,
        f"clipped: {facts.clipped:.1%} of its samples are at full scale": clipped,
        f"an offset of {facts.offset:.3g}": abs(facts.offset) > MAX_OFFSET,
        "its channels nearly cancel each other out": facts.swing < MAX_CANCELLED * facts.peak,
        f"an unusual sample rate of {facts.sample_rate} Hz": facts.sample_rate not in RATES,
        f"holds {facts.container}, though its name does not say so": suffix not in fitting,
    }
    return "; ".join(oddity for oddity, applies in oddities.items() if applies)
