"""What metrics.json has of the table of scores."""

import numpy as np
import pandas as pd

from sonovae.evaluation import quality_table

SCORES = pd.DataFrame(
    {
        "real": {"accuracy": 0.97, "hnr_db": 8.7, "frechet_texture": 0.2, "copies": 0.0},
        "generated": {"accuracy": np.nan, "hnr_db": 0.3, "copies": 0.1, "hnr_db_low": 0.1},
        "generated_by_label": {"accuracy": 0.9, "hnr_db": 0.6, "copies": 0.0, "hnr_db_low": 0.5},
    }
).T


def test_gates_see_the_labels_that_were_asked_for() -> None:
    assert quality_table.metrics(SCORES) == {
        "generated": {"accuracy": 0.9, "hnr_db": 0.6, "copies": 0.0},
        "recordings": {"hnr_db": 8.7, "frechet_texture": 0.2},
    }


def test_without_labels_nothing_is_heard() -> None:
    metrics = quality_table.metrics(SCORES.drop(index="generated_by_label"))
    assert metrics["generated"] == {"hnr_db": 0.3, "copies": 0.1}
