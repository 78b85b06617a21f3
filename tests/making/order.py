"""Order of the test files: the longest first, so that two processes end at about the same time."""

import pytest

LONGEST = [
    "test_recipes.py",
    "test_pipeline.py",
    "test_registry.py",
    "test_trainer.py",
    "test_store.py",
    "test_pages.py",
]
"""Files of more than half a minute each, in the order of their durations."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move the longest files to the front; the order within a file stays."""

    def place(item: pytest.Item) -> int:
        name = item.path.name
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)
