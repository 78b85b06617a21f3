from pathlib import Path

from sonovae import card, cli, params


def test_each_dataset_that_a_recipe_names_has_a_card(project: Path) -> None:
    for path in sorted((project / "recipes").glob("*.yaml")):
        if path.stem in ("base", "genres"):
            continue
        cli.recipe(project, path.stem, force=True)
        found = card.of(project, params.load(project / "params.yaml").fetch)
        assert found
        assert found.licence
        assert found.citation


def test_a_card_belongs_to_its_files_in_a_folder_too(project: Path) -> None:
    cli.recipe(project, "voices", force=True)
    params.edit(project / "params.yaml", {"fetch.source": "folder"})
    found = card.of(project, params.load(project / "params.yaml").fetch)
    assert found
    assert found.title == "AudioMNIST"
