"""`make bench`: ratios of sonovae to plain code for the same work, in benchmarks/latest.json."""

import json
from pathlib import Path

from benchmarks import generation, plain_voices, preprocessing, training

LATEST = Path(__file__).parent / "latest.json"

if __name__ == "__main__":
    found = {
        name: round(value, 4)
        for name, value in (
            training.ratios() | preprocessing.ratios() | generation.ratios() | plain_voices.ratios()
        ).items()
    }
    LATEST.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))
