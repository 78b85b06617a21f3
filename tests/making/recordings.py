"""Recordings that are written for a test, and tables of clips."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd

from sonovae.codec import sound_files
from sonovae.dataset import saved_dataset


def write_idx(path: Path, numbers: np.ndarray) -> None:
    """Unsigned bytes in LeCun's format; gzipped where the name says so."""
    sizes = b"".join(size.to_bytes(4, "big") for size in numbers.shape)
    data = bytes([0, 0, 8, numbers.ndim]) + sizes + numbers.astype(np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def tone(seconds: float = 1.0, hz: float = 440.0, sample_rate: int = 8000) -> np.ndarray:
    """A sine of half the full scale."""
    return (
        0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * sample_rate)) / sample_rate)
    ).astype(np.float32)


def voice(seconds: float = 1.0, hz: float = 100.0, sample_rate: int = 8000) -> np.ndarray:
    """Twelve harmonics of a fundamental, each weaker than the one below."""
    harmonics = [
        tone(seconds, n * hz, sample_rate) / n for n in range(1, 13) if 2 * n * hz < sample_rate
    ]
    total = np.sum(harmonics, axis=0)
    return (0.5 * total / np.abs(total).max()).astype(np.float32)


def write_tones(folder: Path, n: int, seconds: float = 1.0) -> None:
    """n different recordings."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(n):
        sound_files.write(folder / f"tone{i}.wav", tone(seconds, 300 + 50 * i), 8000)


def table(n: int) -> pd.DataFrame:
    """A clips table of n clips that train."""
    columns = {name: [0] * n for name in saved_dataset.COLUMNS} | {
        "split": ["train"] * n,
        "label": ["NA"] * n,
    }
    columns |= {"sha256": ["0" * 64] * n, "item": list(range(n)), "group": ["g"] * n}
    return pd.DataFrame(
        columns | {name: [1.0] * n for name in ("source_start", "low", "high", "gain")}
    )
