"""Whether a sound file can be used, and what is odd about one that can: rules over what it holds."""

from pathlib import PurePosixPath

from sonovae.codec.sound_files import Facts
from sonovae.params.fetch import Fetch

MIN_SAMPLE_RATE, MAX_SAMPLE_RATE = 1000, 768_000
"""Hz; beyond them a header is damaged, and resampling would make hours of seconds, or nothing."""

MAX_PEAK = 1000.0
"""Times full scale; beyond it, nobody knows what one is."""

RATES = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 88200, 96000, 176400, 192000}
"""Hz; the usual ones."""

MAX_CLIPPED, MAX_OFFSET, MAX_CANCELLED = 1e-3, 0.02, 0.1
"""The share of samples at full scale, the mean, and the level of mono beside that of the channels, that are odd."""

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
"""What a name should end in, by the container that the file holds."""


def refusal(facts: Facts, p: Fetch) -> str:
    """Why a recording is left out; nothing where it is used."""
    quiet = 10 ** (p.min_peak_dbfs / 20)
    if not MIN_SAMPLE_RATE <= facts.sample_rate <= MAX_SAMPLE_RATE:
        return f"a sample rate of {facts.sample_rate} Hz, not within {MIN_SAMPLE_RATE} and {MAX_SAMPLE_RATE} Hz"
    if facts.seconds < p.min_seconds:
        return f"{facts.seconds:.3f} s, shorter than fetch.min_seconds = {p.min_seconds:g}"
    if facts.peak > MAX_PEAK:
        return f"its samples reach {facts.peak:.3g}, where full scale is 1: scale them, or save them as integers"
    if facts.peak <= quiet:
        return f"silent: no sample over fetch.min_peak_dbfs = {p.min_peak_dbfs:g}"
    if facts.swing <= quiet and abs(facts.offset) > quiet:
        return f"silent: a constant offset of {facts.offset:.3g} and nothing else"
    if facts.swing <= quiet:
        return "silent in mono: its channels cancel each other out"
    return ""


def warning(facts: Facts, name: str) -> str:
    """What is odd about a recording that is used all the same; nothing where nothing is."""
    suffix = PurePosixPath(name).suffix.lower()
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
    return "; ".join(oddity for oddity, so in oddities.items() if so)
