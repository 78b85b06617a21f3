"""Export of a pool as a study for webMUSHRA (audiolabs): a folder to copy into its `configs`.

`study.yaml` asks what this project's own page asks: single stimuli in random order on the
five-point scale, a block for each question. `mushra.yaml` has a MUSHRA page for each trial and
question: a reference, and as stimuli the same reference, its anchor, and a real, a reconstructed
and a generated sound of the same label. These are other sounds than the reference, so `strict` is
off, and listeners are asked for realism, not for likeness.
"""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import atomic, params
from sonovae.listening import pool
from sonovae.listening.answers import QUESTIONS, SCALE
from sonovae.listening.sounds import REFERENCE

CONFIGS = "configs"
"""Folder of webMUSHRA's studies; paths in a study are relative to webMUSHRA's own folder."""
WELCOME = (
    "You will hear short sounds. Some are recordings, some were made by a computer."
    " Please use headphones."
)
ASKED = "How real does it sound? Rate its"
"""Beginning of a question, before its title."""
MUSHRA = {
    "showWaveform": False,
    "enableLooping": True,
    "strict": False,
    "randomize": True,
    "showConditionNames": False,
    "createAnchor35": False,
    "createAnchor70": False,
}
"""Options of a MUSHRA page; webMUSHRA's own anchors are off, as the pool has one."""


def export(root: Path, out: Path) -> None:
    """Write the pool's WAV files, study.yaml and mushra.yaml to a new folder.

    Its name must be that under webMUSHRA's `configs`. UserError if there is no pool.
    """
    study = pool.load(root)
    folder = f"{CONFIGS}/{out.name}"
    kinds = {
        "study": _single(study.sounds, folder),
        "mushra": _mushra(study.sounds, folder),
    }
    with atomic.new_folder(out) as part:
        for name in study.sounds["id"]:
            # The bytes stay those that the pool's listeners hear.
            shutil.copyfile(study.file(name), part / f"{name}.wav")
        for kind, pages in kinds.items():
            text = params.yaml_text(_study(kind, study.about.model, pages))
            (part / f"{kind}.yaml").write_text(text, encoding="utf-8")


def _study(kind: str, model: str, pages: list[Any]) -> dict[str, Any]:
    welcome = {
        "type": "generic",
        "id": "welcome",
        "name": "A listening study",
        "content": WELCOME,
    }
    finish = {
        "type": "finish",
        "name": "Thank you",
        "content": "That was all.",
        "showResults": False,
        "writeResults": True,
    }
    return {
        "testname": "A listening study",
        "testId": f"sonovae_{kind}_{model[:12]}",
        "bufferSize": 2048,
        "stopOnErrors": True,
        "showButtonPreviousPage": False,
        "remoteService": "service/write.php",
        "pages": [welcome, *pages, finish],
    }


def _single(sounds: pd.DataFrame, folder: str) -> list[Any]:
    """Return a block for each question; webMUSHRA shows its sounds one by one, at random."""
    # The scale has no `img`: its points are words, which webMUSHRA then shows.
    scale = [{"value": value, "label": label} for value, label in enumerate(SCALE, 1)]
    pages = []
    for question, title in QUESTIONS.items():
        page = {"type": "likert_single_stimulus", **_question(question, title)}
        page |= {"mustRate": True, "mustPlayback": "ended"}
        page["stimuli"] = {name: f"{folder}/{name}.wav" for name in sounds["id"]}
        page["response"] = scale
        pages.append(page)
    return pages


def _mushra(sounds: pd.DataFrame, folder: str) -> list[Any]:
    """Return a page for each trial and question, in one block that is shuffled."""
    pages: list[Any] = ["random"]
    for trial, rows in sounds.groupby("trial"):
        ordered = rows.sort_values("set")
        paths = {
            name: f"{folder}/{sound}.wav"
            for name, sound in zip(ordered["set"], ordered["id"], strict=True)
        }
        # webMUSHRA adds the reference to the stimuli by itself, hidden.
        reference = paths.pop(REFERENCE)
        for question, title in QUESTIONS.items():
            about = _question(f"{question}_{trial}", title)
            sides = {"reference": reference, "stimuli": paths}
            pages.append({"type": "mushra", **about, **MUSHRA, **sides})
    return [pages]


def _question(id_: str, title: str) -> dict[str, Any]:
    return {"id": id_, "name": title, "content": f"{ASKED} {title.lower()}."}
