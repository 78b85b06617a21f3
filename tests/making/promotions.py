"""Parameters of a project whose result may be promoted."""

SETTINGS = {
    "fetch__source": "folder",
    "fetch__folder": "data/own",
    "preprocess__split__test": 0.34,
    "train__epochs": 1,
    "promotion__gates": {"test.r2": {"at_least": -10.0, "at_most": None}},
}
