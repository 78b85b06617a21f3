"""The app over a model with a flow: voices and seconds can be asked for, and only there."""

import base64
import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import requests
import soundfile
from playwright.sync_api import Browser, expect

from tests.making import sequence_models, servers
from tests.making.sequence_models import CHANNELS, CLIP, FRAMES, RATE


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("flow")
    sequence_models.save(root, sequence_models.codec())
    yield from servers.app(root)


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("mixture")
    sequence_models.save(root, sequence_models.codec(), with_flow=False)
    yield from servers.app(root)


def ask(url: str, question: str, status: int = 200, **words: Any) -> dict[str, Any]:
    answer = requests.post(f"{url}/api/{question}", data=json.dumps(words), timeout=60)
    assert answer.status_code == status, answer.text
    return answer.json()


def length(address: str) -> int:
    samples, _ = soundfile.read(io.BytesIO(base64.b64decode(address.split(",")[1])))
    return len(samples)


def test_a_sound_is_as_long_as_asked_and_of_the_voice(url: str) -> None:
    made = ask(url, "draw", label="hi", group="ann", seconds=0.9)
    assert length(made["audio"]) == round(0.9 * RATE)
    about = json.loads(made["said"])
    assert (about["label"], about["group"], about["seconds"]) == ("hi", "ann", 0.9)
    # It is no point of the map, which holds clips.
    assert (made["z"], made["at"], made["nearest"]) == (None, None, None)


def test_by_default_it_is_a_clip(url: str) -> None:
    made = ask(url, "draw", group="bob")
    assert length(made["audio"]) == CLIP
    assert np.shape(made["z"]) == (CHANNELS * FRAMES,)
    assert len(made["at"]) == 2


def test_a_page_learns_what_it_can_ask_for(url: str, fixed: str) -> None:
    model = ask(url, "model")
    assert model["groups"] == ["ann", "bob"]
    assert (model["seconds"], model["most_seconds"]) == (CLIP / RATE, 20)
    model = ask(fixed, "model")
    assert (model["groups"], model["most_seconds"]) == ([], None)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ({"group": "eve"}, "group = 'eve': the model knows ann, bob"),
        ({"label": "polka"}, "label = 'polka': the model knows hi, lo"),
        ({"seconds": 0}, "seconds"),
        ({"seconds": 21}, "seconds"),
        ({"seconds": "long"}, "seconds"),
    ],
)
def test_what_cannot_be_is_refused(url: str, words: dict[str, Any], text: str) -> None:
    assert text in ask(url, "draw", 400, **words)["error"]


def test_a_mixture_has_neither_voices_nor_lengths(fixed: str) -> None:
    error = ask(fixed, "draw", 400, group="ann")["error"]
    assert error == "group = 'ann': the model knows no groups"
    error = ask(fixed, "draw", 400, seconds=1)["error"]
    assert "this model makes sounds of one length" in error


def test_the_page_has_the_fields_of_the_model(browser: Browser, url: str, fixed: str) -> None:
    page = browser.new_page()
    errors = list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(url)
    page.wait_for_selector("#b audio[src]")
    page.get_by_label("Voice of A").select_option("ann")
    expect(page.locator("#a .facts")).to_contain_text("voice ann")
    page.get_by_label("Seconds of A").fill("0.8")
    page.get_by_label("Seconds of A").press("Enter")
    expect(page.locator("#a .axes")).to_contain_text("0.80 s")
    # The sliders and the way from A to B need the z of a clip.
    page.locator("#sliders input").first.focus()
    page.keyboard.press("End")
    page.get_by_label("Seconds of A").fill("")
    page.get_by_label("Seconds of A").press("Enter")
    expect(page.locator("#a .axes")).to_contain_text("0.50 s")
    page.goto(fixed)
    page.wait_for_selector("#b audio[src]")
    expect(page.get_by_label("Seconds of A")).to_have_count(0)
    expect(page.get_by_label("Voice of A")).to_have_count(0)
    page.close()
    assert errors == []
