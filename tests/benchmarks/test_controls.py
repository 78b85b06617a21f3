"""The table of scores and controls: three digits, and bold where a goal is missed."""

import numpy as np
import pandas as pd

from benchmarks import controls

SCORES = pd.DataFrame(
    {
        "hnr_db": [8.6767, -1.234, -2, 0.98, 8.6767],
        "fast_modulation_db": [-0.3, 123.4, 0, 0, -1e-9],
        "auc_mel": [0.5, 0.699, 0.71, 1, np.nan],
        "copies": [0.0, 0, 0, 0, 1],
        "cpp_db": [np.nan, 1, 1, 1, 1],
    },
    index=["real", "generated_by_label", "generated", "whispered", "training_copies"],
)


def test_table() -> None:
    assert controls.table(SCORES).splitlines() == [
        "| score | real | new | whispered | copied |",
        "|---|---|---|---|---|",
        "| `hnr_db` | 8.68 | **−1.23** | **0.980** | 8.68 |",
        "| `fast_modulation_db` | −0.300 | **123** | 0.00 | 0.00 |",
        "| `auc_mel` | 0.500 | 0.699 | **1.00** |  |",
        "| `copies` | 0.00 | 0.00 | 0.00 | **1.00** |",
    ]


def test_without_labels_new_sounds_are_those_of_the_density() -> None:
    table = controls.table(SCORES.drop(index="generated_by_label"))
    assert "| `hnr_db` | 8.68 | **−2.00** | **0.980** | 8.68 |" in table
