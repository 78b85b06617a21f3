"""Cost of pictures: the stage preprocess compared with `plain_pictures`; memory, and parts.

Recordings are synthetic, since time does not depend on content: 15 s at 44.1 kHz for the recipe
whistles; number, length and rate of FSDD's files for spoken-digits. Each measurement is a process,
whose libraries and workers start before the clock.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
import soundfile
import soxr

from benchmarks import project
from sonovae.params.preprocess import Preprocess

AT = project.ROOT / ".sonovae" / "preprocessing"
ROUNDS = 3
"""Rounds in turn; the fastest of each side counts."""
KINDS: dict[str, tuple[str, int, float, int]] = {
    "whistles": ("whistles", 200, 15.0, 44100),
    "digits": ("spoken-digits", 3000, 0.437, 8000),
}
"""Recipe, number of recordings, their seconds and Hz."""
PARTS = ("decoding", "resampling", "fft", "writing")
"""Parts that are timed alone; the first three are the limit."""
PLAIN = {"whistles": 10, "digits": 1}
"""Divisors: plain code processes each tenth of the whistles, and its time counts ten times."""


def ratios() -> dict[str, float]:
    """Return each ratio by name."""
    found: dict[str, float] = {}
    for name, (recipe, n, seconds, rate) in KINDS.items():
        made(AT / name, recipe, n, seconds, rate)
        two, one = (apart("race", AT / name, workers) for workers in (2, 1))
        print(f"{name}: seconds of {n} recordings: two workers {two}, one {one}", flush=True)
        alone = sum(one[part] for part in PARTS[:3])
        found |= {f"preprocess_{name}_speedup": two["plain"] / two["ours"]}
        found |= {f"preprocess_{name}_speedup_one_core": one["plain"] / one["ours"]}
        found |= {f"preprocess_{name}_share_{part}": one[part] / one["ours"] for part in PARTS}
        found |= {f"preprocess_{name}_over_limit": one["ours"] / alone}
    return found | memory()


def memory() -> dict[str, float]:
    """Return MiB: of ten times as many recordings, and of one that lasts for three hours."""
    peaks = {}
    for name, n, seconds in (("few", 30, 15.0), ("many", 300, 15.0), ("long", 1, 3 * 3600.0)):
        made(AT / name, "whistles", n, seconds, 44100, blocks=True)
        peaks[name] = apart("peak", AT / name, 1)
        shutil.rmtree(AT / name)
    print(f"preprocess: peak of memory in MiB: {peaks}", flush=True)
    return {
        "preprocess_memory_10_times_the_recordings": peaks["many"] / peaks["few"],
        "preprocess_memory_three_hours_mib": peaks["long"],
    }


def apart(name: str, at: Path, workers: int) -> Any:
    """Run a measurement in a process of its own, as the stage is one."""
    own = {"PYTHONPATH": f"{project.ROOT / 'src'}:{project.ROOT}", "SONOVAE_WORKERS": str(workers)}
    command = [sys.executable, "-m", "benchmarks.preprocessing", name, str(at)]
    environment = project.environment("preprocess") | own
    done = subprocess.run(
        command, cwd=at, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])  # behind the stage's own lines


def made(at: Path, recipe: str, n: int, seconds: float, rate: int, blocks: bool = False) -> None:
    """Make a project with synthetic recordings: gliding tones with pauses.

    `blocks` makes groups of minutes.
    """
    changes: dict[str, Any] = {
        "fetch.source": "folder",
        "fetch.folder": "data/own",
        "fetch.table": None,
    }
    changes |= {
        "fetch.only": None,
        "fetch.min_recordings": 1,
        "fetch.limit": None,
        "fetch.pattern": r"(?P<label>\d)_.*",
        "preprocess.split.test": 0.2,
    }
    project.make(at, recipe, changes | {"preprocess.split.block_seconds": 60.0 if blocks else None})
    (at / "data/own").mkdir()
    rng = np.random.default_rng(1)
    for i in range(n):
        with soundfile.SoundFile(
            at / f"data/own/{i % 10}_who_{i}.wav", "w", rate, 1, "PCM_16"
        ) as file:
            for begin in np.arange(0, seconds, 10.0):
                t = np.arange(round(min(10.0, seconds - begin) * rate)) / rate
                glide = np.sin(2 * np.pi * (800 + 100 * np.sin(t + i)) * t) * (np.sin(t) > -0.3)
                file.write(0.5 * glide + 1e-4 * rng.standard_normal(len(t)))
    project.run(at, "fetch", stdout=subprocess.DEVNULL)


def race(at: Path) -> dict[str, float]:
    """Return the seconds of plain code, of the stage, and of each part alone."""
    from benchmarks import plain_pictures
    from sonovae import params
    from stages import preprocess

    p, files = params.load(at / "params.yaml").preprocess, sorted((at / "data/raw/files").iterdir())
    times = PLAIN[at.name]
    ways: dict[str, Callable[[], Any]] = {
        "plain": lambda: plain_pictures.pictures(files[::times], p, at / "plain.npy"),
        "ours": lambda: preprocess.main(at),
    } | parts(at, p, files)
    seconds = dict.fromkeys(ways, np.inf)
    for _ in range(ROUNDS):
        for name, way in ways.items():
            shutil.rmtree(at / ".sonovae", ignore_errors=True)
            began = time.monotonic()
            way()
            taken = (time.monotonic() - began) * (times if name == "plain" else 1)
            seconds[name] = min(seconds[name], taken)
    return seconds


def parts(at: Path, p: Preprocess, files: list[Path]) -> dict[str, Callable[[], Any]]:
    """Return the parts, each as its library does it at once: the limit of what is possible.

    Pictures are written twice, as the cache holds as much.
    """
    assert p.waveform  # noqa: S101
    assert p.spectrogram  # noqa: S101
    rate, sounds = p.waveform.sample_rate, [soundfile.read(file, dtype="float32") for file in files]
    clip = np.zeros((1 + p.waveform.clip_length // p.spectrogram.hop_length, p.spectrogram.n_fft))

    def pictures() -> Any:
        return np.load(at / "data/pictures/pictures.npy", mmap_mode="r")

    return {
        "decoding": lambda: all(len(soundfile.read(file, dtype="float32")[0]) for file in files),
        "resampling": lambda: all(len(soxr.resample(*each, rate, quality="HQ")) for each in sounds),
        "fft": lambda: all(len(scipy.fft.rfft(clip, axis=1)) for _ in range(len(pictures()))),
        "writing": lambda: [np.save(at / "plain.npy", pictures()) for _ in range(2)],
    }


def peak(at: Path) -> float:
    """Return the most MiB that the stage used."""
    from stages import preprocess

    preprocess.main(at)
    return project.peak()


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps({"race": race, "peak": peak}[sys.argv[1]](Path(sys.argv[2]))))
    else:
        print(json.dumps(ratios(), indent=2))
