from pathlib import Path

import pytest

from sonovae import params
from sonovae.console import project_commands
from sonovae.errors import UserError
from sonovae.recordings import card


def test_each_dataset_that_a_recipe_names_has_a_card(project: Path) -> None:
    for path in sorted((project / "recipes").glob("*.yaml")):
        if path.stem in ("base", "genres"):
            continue
        project_commands.recipe(project, path.stem, force=True)
        found = card.of(project, params.load(project / "params.yaml").fetch)
        assert found
        assert found.licence
        assert found.citation


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "odd.yaml: "),
        ("title: [", "is not YAML"),
        ("title: 3\n", "odd.yaml: "),
        (b"\xff\xfe\x00", "is not YAML"),
    ],
)
def test_a_card_that_cannot_be_read_is_named(project: Path, text: str | bytes, fault: str) -> None:
    (project / "datasets/odd.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UserError, match=fault):
        card.cards(project)


def test_a_card_belongs_to_its_files_in_a_folder_too(project: Path) -> None:
    project_commands.recipe(project, "voices", force=True)
    params.edit(project / "params.yaml", {"fetch.source": "folder"})
    found = card.of(project, params.load(project / "params.yaml").fetch)
    assert found
    assert found.title == "AudioMNIST"
