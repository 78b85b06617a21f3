"""What the console's commands do with a project: check it, choose its recordings and recipe, show what they hold."""

from pathlib import Path
from typing import Any

from sonovae import params, version_control
from sonovae.errors import UserError
from sonovae.params import recipes
from sonovae.project import OWN
from sonovae.recordings import card, folder_check, sources

REPORT = "data/report.html"
SHOWN = 20
"""Changes that are shown of a new version."""


def folder(root: Path, source: str, pattern: str) -> None:
    """Let params.yaml fetch the folder `source`, of which DVC keeps a copy in data/own, or the archive `source`."""
    named = {"fetch.table": None, "fetch.pattern": pattern or None}
    # The whistles' pattern is of no use here.
    values: dict[str, Any] = (
        named if pattern or params.load(root / "params.yaml").fetch.source == "whistles" else {}
    )
    at = source if "://" in source else str(Path(source).expanduser()) if source else ""
    if "://" in at or Path(at).is_file():
        pin = {
            "fetch.source": "archive",
            "fetch.archive": {"at": at, "sha256": sources.pinned(root, at)},
        }
        params.edit(root / "params.yaml", values | pin)
        print(
            f"params.yaml fetches the recordings in {at}, pinned by its SHA-256\nnext: git add params.yaml; make repro"
        )
        return
    if not at or not Path(at).is_dir():
        raise UserError(
            f"FROM = {at!r} is neither a folder nor an archive: make folder FROM=path/to/recordings"
        )
    _track(root, at, values)


def _track(root: Path, source: str, values: dict[str, Any]) -> None:
    """Copy a folder to data/own, which DVC keeps, and set `values` and the folder in params.yaml."""
    folder_check.refuse(Path(source))
    if (root / OWN).exists() or (root / f"{OWN}.dvc").exists():
        raise UserError(
            f"{OWN} is there already: change its files, or `dvc remove {OWN}.dvc` and move it away first"
        )
    before = (root / "params.yaml").read_bytes()
    params.edit(root / "params.yaml", values | {"fetch.source": "folder", "fetch.folder": OWN})
    try:
        version_control.dvc(root, "add", "--quiet", "--out", OWN, source)
    except UserError:
        (root / "params.yaml").write_bytes(before)
        raise UserError(
            f"DVC could not add {source!r}: see its message above; params.yaml is as it was"
        ) from None
    print(f"{OWN} is a copy of {source}, tracked by DVC, and params.yaml fetches it")
    print(f"next: git add {OWN}.dvc data/.gitignore params.yaml; make repro")


def recipe(root: Path, name: str, force: bool) -> None:
    """Write a recipe to params.yaml, and say what it needs; without a name, list them."""
    if not name:
        for each, what in recipes.described(root).items():
            print(f"  make recipe NAME={each:22} {what}")
        return
    recipes.use(root, name, force)
    print(f"params.yaml is the recipe {name}: {recipes.described(root)[name]}")
    fetch = params.load(root / "params.yaml").fetch
    if dataset := card.of(root, fetch):
        print(f"{dataset.title}: {dataset.what}. Licence: {dataset.licence}.")
    if fetch.source == "kaggle" and dataset:
        print(
            f"next: make repro, which downloads {fetch.kaggle} from Kaggle; or, with the files at hand"
        )
        print(f"({dataset.layout}), make folder FROM=path/to/them; make repro")
    else:
        ready = fetch.source == "whistles" or fetch.folder == OWN
        print(
            "next: make repro"
            if ready
            else f"{recipes.needed(root, name)}\nnext: make folder FROM=path; make repro"
        )


def data_update(root: Path) -> None:
    """Ask where the recordings come from for the newest, show what would change, and pin it."""
    values, changes = sources.newest(root, params.load(root / "params.yaml").fetch)
    if not values:
        print("params.yaml names the newest already")
        return
    changes = changes or ["no file differs in name or size"]
    print(
        "\n".join(
            changes[:SHOWN]
            + ([f"… and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else [])
        )
    )
    params.edit(root / "params.yaml", values)
    print(
        "\n".join(f"params.yaml: {key} = {value}" for key, value in values.items())
        + "\nnext: make repro"
    )


def data_report(root: Path) -> None:
    """Write the page that shows the recordings and their clips."""
    from sonovae.console import data_report  # its figures take a second to load

    data_report.write(root, root / REPORT)
    print(f"{REPORT} shows the recordings: open it in a browser")


def show_seeds(root: Path, n: int) -> None:
    """Train with several seeds, and print how far the metrics vary."""
    from sonovae.console import seeds

    print(seeds.run(root, n).to_string(float_format="{:.6g}".format))
