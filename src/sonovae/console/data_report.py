"""Page about the recordings: which are used, which are not and why, and how the parameters fit."""

from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from sonovae import params
from sonovae.codec import saved_codec
from sonovae.dataset import left_out, saved_dataset
from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.pages import page, plots
from sonovae.params.fetch import Fetch
from sonovae.params.preprocess import Preprocess
from sonovae.project import CLIPS_CSV, RAW, RECORDINGS_CSV, Project
from sonovae.recordings import card, excerpts, pitch_survey, recordings_table, survey
from sonovae.recordings.card import Card
from sonovae.recordings.pitch_survey import PitchSurvey
from sonovae.runtime import checksums

REPORT = "data/report.html"
MAX_CLIPS = 12
"""Clips in a figure, in two rows that fit a page."""


def write(root: Path) -> None:
    """Write the page as one HTML file, data/report.html.

    UserError if nothing was fetched yet, or if data/raw or data/pictures has changed since.
    """
    project = Project(root)
    _verify(project)
    experiment = params.load(project.params)
    table = left_out.mark(recordings_table.read(project.recordings), project.pictures)
    used = recordings_table.used(table)
    figures, warnings = _survey(project, used, experiment.preprocess)
    pitches = _pitches(project, used, experiment.preprocess)
    if pitches:
        warnings += pitch_survey.misfits(experiment.preprocess, pitches.middle)
    tables = _recordings_tables(table)
    if (project.pictures / CLIPS_CSV).exists():
        dataset = saved_dataset.load(project.pictures)
        figures["Some clips, as the model sees them"] = _clips_figure(project, dataset)
        tables |= _clips_tables(dataset.clips, experiment.preprocess)
    content = _about(root, experiment.fetch, table) | {
        "pitches": pitches,
        "warnings": warnings,
        "tables": tables,
    }
    content["figures"] = {title: page.figure(figure) for title, figure in figures.items()}
    page.write(root / REPORT, "data_report.html", content)
    print(f"{REPORT} shows the recordings: open it in a browser")


def _verify(project: Project) -> None:
    if not project.recordings.exists():
        raise UserError(
            f"{RAW}/{RECORDINGS_CSV} is not there: `make repro` fetches the recordings first"
        )
    # A page about files that somebody changed would be wrong without a sign of it.
    checksums.verify(project.raw, "fetch")
    if project.pictures.exists():
        checksums.verify(project.pictures, "preprocess")


def _about(root: Path, settings: Fetch, table: pd.DataFrame) -> dict[str, Any]:
    """Return the summary, and the dataset's card if there is one."""
    dataset = card.of(root, settings)
    # A folder or an archive may hold other recordings than those of the card.
    is_sure = settings.source in ("whistles", "kaggle")
    expected = _expected(dataset, recordings_table.used(table)) if dataset and is_sure else []
    return {
        "summary": recordings_table.summary(table).splitlines()[0],
        "sure": is_sure,
        "card": dataset.rows() if dataset else {},
        "expected": expected,
    }


def _expected(dataset: Card, used: pd.DataFrame) -> list[str]:
    """Return lines that compare what the card promises with what is used."""
    lines = []
    if dataset.files:
        lines.append(f"{len(used)} recordings are used; the dataset has {dataset.files} files")
    if dataset.seconds:
        seconds = used["seconds"].sum()
        lines.append(f"{seconds:.0f} s are used of its {dataset.seconds:.0f}")
    return lines


def _recordings_tables(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return tables of recordings by title."""
    used = recordings_table.used(table)
    others = table[table["status"] != recordings_table.USED]
    return {
        "Not used": others[["name", "status", "reason"]],
        "Used, with a warning": used.loc[used["warning"] != "", ["name", "warning"]],
        "By status": _counts(table, "status"),
        "By reason": _counts(others, "reason"),
        "By label": _counts(used, "label"),
        "By group": _counts(used, "group"),
    }


def _counts(table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Count files and seconds by the values of a column, the most frequent first."""
    groups = table.groupby(column)["seconds"].agg(["size", "sum"])
    groups = groups.sort_values("size", ascending=False).round({"sum": 1})
    return groups.reset_index().rename(columns={"size": "files", "sum": "seconds"})


def _clips_tables(clips: pd.DataFrame, settings: Preprocess) -> dict[str, pd.DataFrame]:
    """Return tables of clips by title."""
    sides = clips.groupby("split").agg(recordings=("sha256", "nunique"), clips=("sha256", "size"))
    if settings.waveform:
        sides["seconds"] = (sides["clips"] * settings.waveform.clip_seconds).round(1)
    labels = pd.crosstab(clips["split"], clips["label"])
    return {
        "By split": sides.reset_index(),
        "Clips by split and label": labels.reset_index(),
    }


def _clips_figure(project: Project, dataset: Dataset) -> Figure:
    """Draw clips from all over the table, which is in the order of names and so of labels."""
    codec = saved_codec.load(project.pictures)
    n = len(dataset.clips)
    chosen = range(0, n, max(1, n // MAX_CLIPS))[:MAX_CLIPS]
    pictures = [dataset.pictures[i] for i in chosen]
    half = (len(pictures) + 1) // 2
    # A single clip fills both rows, as a row must not be empty.
    lines = {"clips": pictures[:half], "more": pictures[half:] or pictures[:1]}
    return plots.rows(lines, codec.extent, codec.unit)


def _survey(
    project: Project, used: pd.DataFrame, settings: Preprocess
) -> tuple[dict[str, Figure], list[str]]:
    """Return figures of the sounds by title, and warnings of parameters that do not fit them."""
    waveform = settings.waveform
    spectrogram = settings.spectrogram
    if waveform is None or spectrogram is None or used.empty:
        return {}, []
    # Mel bands always reach the Nyquist frequency.
    bins = None if spectrogram.mel_bands else settings.picture.bins
    n_fft = spectrogram.n_fft
    measured = survey.survey(project.raw, used, waveform.sample_rate, n_fft, bins)
    share = measured.share_below(measured.kept)
    power = f"Mean power; {share:.1%} of the energy lies in the bins that are kept"
    levels = f"Levels of {measured.n} recordings"
    figures = {
        "Lengths": plots.histogram(used["seconds"].to_numpy(), "seconds", "recordings"),
        levels: plots.histogram(measured.levels, "RMS level [dBFS]", "recordings"),
        power: plots.power(measured.power, measured.bin_hz, measured.kept, measured.nyquist),
    }
    return figures, survey.misfits(measured, used)


def _pitches(project: Project, used: pd.DataFrame, settings: Preprocess) -> PitchSurvey | None:
    """Return the pitch of the sounds; None for images."""
    if settings.waveform is None or used.empty:
        return None
    paths = [project.raw / path for path in used["path"]]
    sounds = excerpts.read(excerpts.thorough(paths))
    return pitch_survey.survey(sounds, settings.waveform.sample_rate)
