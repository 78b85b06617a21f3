"""The app's pages in a browser."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from sonovae import params
from sonovae.codec import image_files, sound_files
from sonovae.listening import pool
from sonovae.params import recipes
from sonovae.recordings import recordings_table
from stages import fetch, preprocess, prior, train
from tests.making import servers
from tests.making.projects import HERE, make_project
from tests.making.recordings import tone
from tests.making.small_recipes import idx, shrunk

READY = "#status:text-is('Ready')"


@pytest.fixture(scope="module")
def root(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a model and a study: the one in FIGURES, for the README, or a new one."""
    if own := os.environ.get("FIGURES"):
        return Path(own)
    root = make_project(tmp_path_factory.mktemp("page"))
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    pool.make(root, seed=1, each=1)
    return root


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    yield from servers.app(root)


@pytest.fixture(params=[(1280, 860), (390, 844)], ids=["desktop", "phone"])
def page(browser: Browser, url: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page. It may ask no other host, print no error, and be no wider than its window."""
    width, height = request.param
    page, asked, errors = (
        browser.new_page(viewport={"width": width, "height": height}),
        set[str](),
        list[str](),
    )
    page.set_default_timeout(60_000)
    page.on("request", lambda request: asked.add(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.wait_for_selector("#b audio[src]")
    page.wait_for_selector(READY)
    yield page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()
    assert {urlsplit(each).netloc for each in asked if not each.startswith(("data:", "blob:"))} == {
        urlsplit(url).netloc
    }
    assert errors == []


def audio(page: Page, card: str) -> str:
    return page.locator(f"#{card} audio").get_attribute("src") or ""


def test_a_label_and_a_seed_are_a_sound(page: Page) -> None:
    first = audio(page, "a")
    page.get_by_label("Label of A").select_option("steady")
    page.wait_for_function("before => document.querySelector('#a audio').src !== before", arg=first)
    page.wait_for_selector(READY)
    steady = audio(page, "a")
    page.locator("#a").get_by_role("button", name="New sound").click()
    page.wait_for_function(
        "before => document.querySelector('#a audio').src !== before", arg=steady
    )
    page.wait_for_selector(READY)
    expect(page.get_by_label("Seed of A")).to_have_value("2")
    page.get_by_label("Seed of A").fill("1")
    page.get_by_label("Seed of A").press("Enter")
    page.wait_for_function(
        "before => document.querySelector('#a audio').src === before", arg=steady
    )
    assert page.locator("#a audio").evaluate("e => e.duration") == pytest.approx(0.496, abs=0.01)


def test_the_map_plays_what_is_there(page: Page) -> None:
    """By a click into B, and by keys into A."""
    before = audio(page, "b")
    page.get_by_role("radio", name="B").check()
    page.locator("#map").click(position={"x": 60, "y": 80})
    page.wait_for_function(
        "before => document.querySelector('#b audio').src !== before", arg=before
    )
    expect(page.locator("#b .facts")).to_contain_text("from the map")
    page.get_by_role("radio", name="A", exact=True).check()
    before = audio(page, "a")
    page.locator("#map").focus()
    for key in ("ArrowLeft", "ArrowUp", "Enter"):
        page.keyboard.press(key)
    page.wait_for_function(
        "before => document.querySelector('#a audio').src !== before", arg=before
    )
    page.locator("#a").get_by_role("button", name="Nearest recording").click()
    page.wait_for_selector(READY)


def test_between_and_along(page: Page) -> None:
    page.get_by_label("From A to B").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#middle .facts")).to_have_text("0.55 of the way from A to B")
    before = audio(page, "a")
    page.locator("#sliders input").first.focus()
    page.keyboard.press("End")
    page.wait_for_function(
        "before => document.querySelector('#a audio').src !== before", arg=before
    )
    with page.expect_download() as download:
        page.locator("#a").get_by_role("link", name="Download WAV").click()
    assert download.value.suggested_filename == "sonovae_a.wav"
    assert soundfile.info(download.value.path()).samplerate == 8000


def test_files_good_and_bad(page: Page, url: str, tmp_path: Path) -> None:
    page.goto(f"{url}#reconstruct")
    sound_files.write(tmp_path / "good.wav", tone(1.5, 600, 16000), 16000)
    (tmp_path / "text.wav").write_text("no sound")
    soundfile.write(tmp_path / "nan.wav", np.full(8000, np.nan, np.float32), 8000, "FLOAT")
    with (tmp_path / "big.wav").open("wb") as file:
        file.truncate(200 << 20)
    for name, said in [
        ("text.wav", "text.wav: not a sound file: it is a table or text"),
        ("nan.wav", "nan.wav: holds samples that are not finite"),
        ("big.wav", "the limit is 32,768 KiB"),
    ]:
        page.set_input_files("#file", tmp_path / name)
        expect(page.locator("#status.fault")).to_contain_text(said)
    page.set_input_files("#file", tmp_path / "good.wav")
    page.wait_for_selector("#restored audio[src]")
    page.get_by_role("button", name="Vary it").click()
    page.wait_for_selector("#varied audio[src]")
    page.wait_for_selector(READY)


def test_two_models_on_the_same(page: Page, url: str, tmp_path: Path) -> None:
    """Of one model alone, which is the same twice."""
    page.goto(f"{url}#compare")
    page.get_by_role("button", name="The same z").click()
    page.wait_for_selector("#other audio[src]")
    assert audio(page, "one").split(",")[0] == "data:audio/wav;base64"
    pictures = [
        page.locator(f"#{side} .spectrogram").get_attribute("src") for side in ("one", "other")
    ]
    assert pictures[0] == pictures[1]
    sound_files.write(tmp_path / "good.wav", tone(0.7, 600, 16000), 16000)
    page.set_input_files("#same-file", tmp_path / "good.wav")
    expect(page.locator("#other .facts")).to_have_text("good.wav by own")


def test_without_a_model_the_page_names_the_command(browser: Browser, tmp_path: Path) -> None:
    for url in servers.app(shutil.copytree(HERE / "recipes", tmp_path / "empty")):
        page = browser.new_page()
        page.goto(url)
        expect(page.get_by_text("dvc repro train").last).to_be_visible()
        page.close()


def test_an_image_model_has_pictures_and_no_player(browser: Browser, tmp_path: Path) -> None:
    root = make_project(tmp_path / "mnist")
    (root / "params.yaml").write_text(recipes.whole(HERE, "mnist"))
    params.edit(root / "params.yaml", shrunk("mnist"))
    idx(root / "data/recordings")
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    image_files.write(tmp_path / "mine.png", np.eye(28, dtype=np.float32))
    for url in servers.app(root):
        page = browser.new_page()
        page.goto(url)
        page.locator("#a").get_by_role("button", name="New image").click()
        expect(page.locator("#a .facts")).to_contain_text("seed 2")
        expect(page.locator("#a .spectrogram")).to_be_visible()
        expect(page.locator("#a audio")).to_be_hidden()
        page.goto(f"{url}#reconstruct")
        page.set_input_files("#file", tmp_path / "mine.png")
        expect(page.locator("#restored .spectrogram")).to_be_visible()
        expect(page.locator("audio:visible")).to_have_count(0)
        page.close()


def test_each_page_is_pictured(
    page: Page, root: Path, url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """For the README, where FIGURES names a project; elsewhere it is seen that they can be."""
    to = (
        HERE / "docs/figures"
        if "FIGURES" in os.environ and "desktop" in request.node.name
        else tmp_path
    )
    recording = recordings_table.used(recordings_table.read(root / "data/raw/recordings.csv"))[
        "path"
    ].iloc[0]
    page.screenshot(path=to / "app-explore.png")
    page.goto(f"{url}#reconstruct")
    mine = (root / "data/raw" / recording).read_bytes()
    page.set_input_files("#file", {"name": "mine.wav", "mimeType": "audio/wav", "buffer": mine})
    page.wait_for_selector("#restored audio[src]")
    page.wait_for_selector(READY)
    page.screenshot(path=to / "app-reconstruct.png")
    page.goto(f"{url}#compare")
    page.get_by_role("button", name="The same z").click()
    page.wait_for_selector("#other audio[src]")
    page.wait_for_selector(READY)
    page.screenshot(path=to / "app-compare.png")
    page.goto(f"{url}/study")
    page.get_by_role("button", name=re.compile("agree|begin|start", re.IGNORECASE)).click()
    page.get_by_role("button", name=re.compile("play", re.IGNORECASE)).click()
    page.screenshot(path=to / "app-study.png")
    for name in ("explore", "reconstruct", "compare", "study"):
        assert len(Image.open(to / f"app-{name}.png").convert("RGB").getcolors(1 << 20) or []) > 20
