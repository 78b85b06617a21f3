"""The same pool as a study for webMUSHRA (audiolabs), a folder to copy into its `configs`.

`study.yaml` asks what this project's own page asks: single stimuli in random order on the five-point scale, a page type
for each question. `mushra.yaml` holds the trials as MUSHRA pages: a reference, and beside it, hidden, the same
reference, its anchor, and a real, a reconstructed and a generated sound of the same label. These are other sounds than
the reference, so `strict` is off, and listeners are asked for realism, not for likeness.

Keys are those of webMUSHRA's documentation for experimenters. Single stimuli take no `img`: their points are words.
"""

import shutil
from pathlib import Path
from typing import Any

import pandas as pd

from sonovae import atomic, params
from sonovae.listening import pool
from sonovae.listening.answers import QUESTIONS, SCALE
from sonovae.listening.sounds import REFERENCE

AT = "configs"
"""Where webMUSHRA looks for its studies; paths in a study are relative to webMUSHRA's own folder."""
WELCOME = "You will hear short sounds. Some are recordings, some were made by a computer. Please use headphones."
ASKED = "How real does it sound? Rate its"


def export(root: Path, out: Path) -> None:
    """Write the pool's WAV files, study.yaml and mushra.yaml to a new folder, whose name is that under webMUSHRA's
    `configs`; UserError where there is no pool."""
    of = pool.load(root)
    with atomic.new_folder(out) as part:
        for name in of.sounds["id"]:
            shutil.copyfile(of.file(name), part / f"{name}.wav")
        for kind, pages in (
            ("study", _single(of.sounds, out.name)),
            ("mushra", _mushra(of.sounds, out.name)),
        ):
            text = params.yaml_text(_study(kind, of.about.model, pages))
            (part / f"{kind}.yaml").write_text(text, encoding="utf-8")


def _study(kind: str, model: str, pages: list[Any]) -> dict[str, Any]:
    welcome = {"type": "generic", "id": "welcome", "name": "A listening study", "content": WELCOME}
    finish = {
        "type": "finish",
        "name": "Thank you",
        "content": "That was all.",
        "showResults": False,
    }
    return {
        "testname": "A listening study",
        "testId": f"sonovae_{kind}_{model[:12]}",
        "bufferSize": 2048,
        "stopOnErrors": True,
        "showButtonPreviousPage": False,
        "remoteService": "service/write.php",
        "pages": [welcome, *pages, finish | {"writeResults": True}],
    }


def _single(sounds: pd.DataFrame, folder: str) -> list[Any]:
    """A block for each question, in which webMUSHRA shows every sound on a page of its own, at random."""
    scale = [{"value": value, "label": label} for value, label in enumerate(SCALE, 1)]
    return [
        {
            "type": "likert_single_stimulus",
            "id": question,
            "name": title,
            "content": f"{ASKED} {title.lower()}.",
            "mustRate": True,
            "mustPlayback": "ended",
            "stimuli": {name: f"{AT}/{folder}/{name}.wav" for name in sounds["id"]},
            "response": scale,
        }
        for question, title in QUESTIONS.items()
    ]


def _mushra(sounds: pd.DataFrame, folder: str) -> list[Any]:
    """A page for each trial and question, at random."""
    pages: list[Any] = ["random"]
    for trial, some in sounds.groupby("trial"):
        paths = {
            row["set"]: f"{AT}/{folder}/{row['id']}.wav"
            for row in some.sort_values("set").to_dict("records")
        }
        reference = paths.pop(REFERENCE)
        for question, title in QUESTIONS.items():
            about = {
                "id": f"{question}_{trial}",
                "name": title,
                "content": f"{ASKED} {title.lower()}.",
            }
            how = {"showWaveform": False, "enableLooping": True, "strict": False, "randomize": True}
            how |= {"showConditionNames": False, "createAnchor35": False, "createAnchor70": False}
            pages.append(
                {"type": "mushra", **about, **how, "reference": reference, "stimuli": paths}
            )
    return [pages]
