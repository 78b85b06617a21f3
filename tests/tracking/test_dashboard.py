"""The dashboard as `make dashboard` starts it, in a browser."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import soundfile
from playwright.sync_api import Browser, Page, expect

from benchmarks.servers import free_port, running
from sonovae import tracking
from stages import evaluate, fetch, generate, judge, preprocess, prior, train
from tests.making.projects import HERE, make_project

pytestmark = pytest.mark.processes
STAGES = [fetch, preprocess, train, prior, judge, evaluate, generate]


@pytest.fixture(scope="module")
def done(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("dashboard"))
    for stage in STAGES:
        stage.main(root)
    return root


@pytest.fixture(scope="module")
def url(done: Path) -> Iterator[str]:
    """Where the Makefile's own command serves the project, at another port than usual."""
    port = free_port()
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    words = ("-f", str(HERE / "Makefile"), "--old-file=env", "dashboard", f"PORT={port}")
    with running("make", *words, port=port, cwd=done, env=environment):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, which in all that a test does may ask no other host for anything."""
    asked: set[str] = set()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(60_000)
    page.on("request", lambda request: asked.add(request.url))
    yield page
    page.close()
    assert {
        urlsplit(url.removeprefix("blob:")).hostname for url in asked if not url.startswith("data:")
    } == {"127.0.0.1"}


def runs(root: Path) -> list[Any]:
    return [
        run
        for stage in ("train", "prior", "evaluate", "generate")
        for run in tracking.Store(root).runs(stage=stage)
    ]


def link(root: Path, artifact: str) -> str:
    """The part of an artifact's address after the host, of the run whose stage it begins with."""
    (info,) = [run.info for run in runs(root) if run.data.tags["stage"] == artifact.split("/")[0]]
    return f"/#/experiments/{info.experiment_id}/runs/{info.run_id}/artifacts/{artifact}"


def test_from_the_front_page_to_a_training(done: Path, url: str, page: Page) -> None:
    (training,) = [run.info.run_name for run in runs(done) if run.data.tags["stage"] == "train"]
    page.goto(url)
    page.get_by_text("Model training", exact=True).click()
    page.get_by_role("link", name="sonovae", exact=True).first.click()
    page.get_by_role("grid").get_by_role("link", name=training, exact=True).click()
    expect(page.get_by_role("heading", name=training)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("row").filter(has_text="train.kl_weight")).to_be_visible()


def test_a_metric_is_shown_as_it_was_measured(done: Path, url: str, page: Page) -> None:
    (info,) = [run.info for run in runs(done) if run.data.tags["stage"] == "train"]
    page.goto(f"{url}/#/experiments/{info.experiment_id}/runs/{info.run_id}")
    name = page.get_by_role("link", name="test.mse", exact=True)
    row = page.get_by_role("row").filter(has=name)
    expected = json.loads((done / "data/evaluation/metrics.json").read_text())["test"]["mse"]
    assert float(row.get_by_role("cell").last.inner_text()) == pytest.approx(expected)


def test_a_picture_is_shown(done: Path, url: str, page: Page) -> None:
    page.goto(url + link(done, "generate/sound_001.png"))
    picture = page.locator("img[src^='blob:']").first
    picture.wait_for()
    page.wait_for_function(
        "e => e.complete && e.naturalWidth > 0", arg=picture.element_handle(), timeout=60_000
    )


def test_a_sound_has_a_player(done: Path, url: str, page: Page) -> None:
    page.goto(url + link(done, "generate/sound_001.wav"))
    player = page.locator("audio")
    player.wait_for(state="attached")
    page.wait_for_function("e => e.readyState == 4", arg=player.element_handle(), timeout=60_000)
    seconds = soundfile.info(done / "data/samples/sound_001.wav").duration
    assert player.evaluate("e => e.duration") == pytest.approx(seconds, abs=0.01)
    assert (
        player.evaluate("async e => { e.muted = true; await e.play(); return e.paused }") is False
    )
    expect(page.locator("canvas").first).to_be_visible()  # the waveform


def test_another_name_is_refused(url: str) -> None:
    """As after DNS rebinding: a page elsewhere whose name leads here."""
    for name, expected in (
        (urlsplit(url).netloc, 200),
        ("10.attacker.com", 403),
        ("attacker.com", 403),
    ):
        assert requests.get(url, headers={"Host": name}, timeout=60).status_code == expected
