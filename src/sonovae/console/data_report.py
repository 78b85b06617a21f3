"""The page that shows the recordings: what they are, what is used, what is not and why, and how they fit the
parameters."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sonovae import params
from sonovae.codec import saved_codec
from sonovae.dataset import left_out, saved_dataset
from sonovae.errors import UserError
from sonovae.pages import page, plots
from sonovae.params.fetch import Fetch
from sonovae.params.preprocess import Preprocess
from sonovae.project import Project
from sonovae.recordings import card, recordings_table, survey
from sonovae.runtime import checksums

RAW, PICTURES = Path("data/raw"), Path("data/pictures")
SHOWN = 12
"""Clips in the figure of some."""


def write(root: Path, path: Path) -> None:
    """Write the page as one HTML file that needs no other; UserError where nothing was fetched yet, or has changed."""
    _verify(root)
    p = params.load(root / "params.yaml")
    project = Project(root)
    table = left_out.mark(recordings_table.read(project.recordings), project.pictures)
    clips = _clips(root)
    figures, warnings = _of_sound(root, recordings_table.used(table), p.preprocess)
    if clips is not None:
        figures["Some clips, as the model sees them"] = some_clips(root, clips)
    found = tables(table) | (splits(clips.clips, p.preprocess) if clips else {})
    content = about(root, p.fetch, table) | {"warnings": warnings, "tables": found}
    content["figures"] = {title: page.figure(figure) for title, figure in figures.items()}
    page.write(path, "data_report.html", content)


def about(root: Path, p: Fetch, table: pd.DataFrame) -> dict[str, Any]:
    """What the page says in words; of a folder or an archive nobody knows whether the card is theirs."""
    dataset_card, sure = card.of(root, p), p.source in ("whistles", "kaggle")
    said: dict[str, Any] = {
        "summary": recordings_table.summary(table).splitlines()[0],
        "sure": sure,
    }
    said["card"] = dataset_card.rows() if dataset_card else {}
    return said | {
        "expected": _expected(dataset_card, recordings_table.used(table)) if sure else []
    }


def tables(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """What the page counts of recordings, by title."""
    used = recordings_table.used(table)
    odd = table[table["status"] != recordings_table.USED]
    return {
        "Not used": odd[["name", "status", "reason"]],
        "Used, with a warning": used.loc[used["warning"] != "", ["name", "warning"]],
        "By status": _counts(table, "status"),
        "By reason": _counts(odd, "reason"),
        "By label": _counts(used, "label"),
        "By group": _counts(used, "group"),
    }


def splits(clips: pd.DataFrame, p: Preprocess) -> dict[str, pd.DataFrame]:
    """What it counts of clips."""
    sides = clips.groupby("split").agg(recordings=("sha256", "nunique"), clips=("sha256", "size"))
    if p.waveform:
        sides["seconds"] = (sides["clips"] * p.waveform.clip_seconds).round(1)
    labels = pd.crosstab(clips["split"], clips["label"])
    return {"By split": sides.reset_index(), "Clips by split and label": labels.reset_index()}


def some_clips(root: Path, clips: saved_dataset.Dataset) -> Figure:
    """Pictures from all over the table, which goes by names and so by labels."""
    c = saved_codec.load(root / PICTURES)
    chosen = range(0, len(clips.clips), max(1, len(clips.clips) // SHOWN))[:SHOWN]
    pictures = [clips.pictures[i] for i in chosen]
    half = (len(pictures) + 1) // 2
    return plots.rows(
        {"clips": pictures[:half], "more": pictures[half:] or pictures[:1]}, c.extent, c.unit
    )


def _verify(root: Path) -> None:
    if not (root / RAW / "recordings.csv").exists():
        raise UserError(
            f"{RAW}/recordings.csv is not there: `make repro` fetches the recordings first"
        )
    for folder, stage in ((RAW, "fetch"), (PICTURES, "preprocess")):
        if (root / folder).exists():
            checksums.verify(root / folder, stage)


def _clips(root: Path) -> saved_dataset.Dataset | None:
    return saved_dataset.load(root / PICTURES) if (root / PICTURES / "clips.csv").exists() else None


def _of_sound(root: Path, used: pd.DataFrame, p: Preprocess) -> tuple[dict[str, Figure], list[str]]:
    if p.waveform is None or p.spectrogram is None or used.empty:
        return {}, []
    rate, n_fft = p.waveform.sample_rate, p.spectrogram.n_fft
    bins = None if p.spectrogram.mel_bands else p.picture.bins
    found = survey.survey(root / RAW, used, rate, n_fft, bins)
    share = f"{found.share_below(found.kept):.1%} of the energy lies in the bins that are kept"
    figures = {
        "Lengths": plots.histogram(used["seconds"].to_numpy(), "seconds", "recordings"),
        f"Levels of {found.n} recordings": plots.histogram(
            found.levels, "RMS level [dBFS]", "recordings"
        ),
        f"Mean power; {share}": plots.power(found.power, found.bin_hz, found.kept, found.nyquist),
    }
    return figures, survey.misfits(found, used)


def _expected(promised: card.Card | None, used: pd.DataFrame) -> list[str]:
    """What the card promises, and what is there."""
    if promised is None:
        return []
    lines = (
        [f"{len(used)} recordings are used; the dataset has {promised.files} files"]
        if promised.files
        else []
    )
    seconds = (
        [f"{used['seconds'].sum():.0f} s are used of its {promised.seconds:.0f}"]
        if promised.seconds
        else []
    )
    return lines + seconds


def _counts(table: pd.DataFrame, column: str) -> pd.DataFrame:
    groups = (
        table.groupby(column)["seconds"].agg(["size", "sum"]).sort_values("size", ascending=False)
    )
    groups["sum"] = groups["sum"].round(1)
    return groups.reset_index().rename(columns={"size": "files", "sum": "seconds"})
