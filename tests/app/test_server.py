"""The app as a server: what it answers, and what it refuses."""

import base64
import io
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import soundfile

from sonovae import params
from sonovae.app import landscape
from sonovae.app.shelf import OWN, Shelf
from sonovae.codec import sound_files, waveform
from sonovae.errors import UserError
from sonovae.model import saved_model
from sonovae.recordings import recordings_table
from stages import fetch, preprocess, prior, train
from tests.making import servers
from tests.making.projects import make_project
from tests.making.recordings import tone


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has a model."""
    root = make_project(tmp_path_factory.mktemp("app"))
    for stage in (fetch, preprocess, train, prior):
        stage.main(root)
    return root


@pytest.fixture(scope="module")
def url(root: Path) -> Iterator[str]:
    yield from servers.app(root)


def ask(url: str, question: str, **words: Any) -> dict[str, Any]:
    answer = requests.post(f"{url}/api/{question}", data=json.dumps(words), timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(url: str, question: str, **words: Any) -> str:
    answer = requests.post(f"{url}/api/{question}", data=json.dumps(words), timeout=60)
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


def read(address: str) -> tuple[np.ndarray, int]:
    return soundfile.read(io.BytesIO(base64.b64decode(address.split(",")[1])))


def test_a_sound_is_its_labels_and_seeds(url: str, root: Path) -> None:
    one, same, other = (ask(url, "draw", label="rise", seed=seed) for seed in (3, 3, 4))
    assert one["audio"] == same["audio"] != other["audio"]
    samples, rate = read(one["audio"])
    assert rate == 8000
    assert np.abs(samples).max() > 0.01
    said = json.loads(one["said"])
    assert (said["label"], said["seed"], said["model"]) == (
        "rise",
        3,
        saved_model.load(root / "data/model").id,
    )
    assert ask(url, "decode", z=one["z"], seed=3)["z"] == one["z"]


def test_temperature_0_is_the_middle_of_a_label(url: str) -> None:
    """Of one cluster, here, whatever the seed."""
    near, far = (
        [ask(url, "draw", label="rise", seed=seed, temperature=t)["z"] for seed in range(4)]
        for t in (0, 1)
    )
    assert np.std(near, axis=0).mean() < 0.5 * np.std(far, axis=0).mean()


def test_a_place_of_the_map_is_where_it_was_asked_for(url: str) -> None:
    found = ask(url, "at", x=0.3, y=-0.2)
    assert found["at"] == pytest.approx([0.3, -0.2], abs=1e-4)
    points = ask(url, "model")["map"]["points"]
    x, y, _ = points[5]
    assert ask(url, "at", x=x, y=y)["nearest"]["row"] == 5


def test_between_is_one_at_its_ends(url: str) -> None:
    one, other = (ask(url, "draw", seed=seed)["z"] for seed in (1, 2))
    ends = [ask(url, "between", one=one, other=other, share=share)["z"] for share in (0, 1, 0.5)]
    np.testing.assert_allclose(ends, [one, other, np.mean([one, other], axis=0)], atol=1e-6)


def test_a_recording_is_as_it_was_recorded_but_for_its_fade(url: str, root: Path) -> None:
    found = ask(url, "recording", row=0)
    clip = landscape.survey(root, saved_model.load(root / "data/model")).clips.iloc[0]
    table = recordings_table.read(root / "data/raw/recordings.csv").set_index("name")
    recording, rate = sound_files.read(root / "data/raw" / table.loc[found["name"], "path"])
    samples, _ = read(found["audio"])
    begin = round(clip["source_start"] * rate)
    wanted = recording[begin : begin + len(samples)]
    fade = params.load(root / "params.yaml").preprocess.waveform.fade_length
    wanted[-fade:] *= waveform.fade_in(fade)[::-1]  # more of the recording follows
    np.testing.assert_allclose(samples, wanted, atol=1e-4)
    assert json.loads(found["said"]) == {"recording": found["name"]}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("decode", {"z": [0.0] * 3}, "z must be a list of 4 numbers; it has 3"),
    ("decode", {}, "z is missing: every key must be given"),
    ("decode", {"z": "0"}, "z = '0': must be a valid list"),
    ("decode", {"z": [0, 0, float("nan"), 0]}, "z[2] = nan: must be a finite number"),
    ("decode", {"z": [0, 1e308, 0, 0]}, "z[1] = 1e+308: must be less than or equal to 100"),
    ("decode", {"z": [0, True, 0, 0]}, "z[1] = True: must be a valid number"),
    ("draw", {"label": "../../etc"}, "label = '../../etc': the model knows fall, rise"),
    ("draw", {"temperature": -1}, "temperature = -1: must be greater than or equal to 0"),
    ("draw", {"seed": 1.5}, "seed = 1.5: must be a whole number"),
    ("draw", {"model": "other"}, "model = 'other': must be one of own"),
    ("recording", {"row": 10**6}, "row = 1000000: must be one of the "),
    (
        "between",
        {"share": 2, "one": [0] * 4, "other": [0] * 4},
        "share = 2: must be less than or equal to 1",
    ),
    ("between", {"share": 2, "one": [], "other": [-101]}, "other[0] = -101: must be greater than"),
]


@pytest.mark.parametrize(("question", "words", "said"), BAD)
def test_what_breaks_a_rule_is_told(
    url: str, question: str, words: dict[str, Any], said: str
) -> None:
    assert refused(url, question, **words).startswith(said)


def test_what_is_no_json_is_told(url: str) -> None:
    for data in (b"", b"[1]", b"{", b"\xff" * 100):
        answer = requests.post(f"{url}/api/draw", data=data, timeout=60)
        assert (answer.status_code, answer.json()["error"]) == (
            400,
            "the request must hold an object in JSON",
        )


def meet(url: str, name: str, data: Any) -> requests.Response:
    return requests.post(f"{url}/api/reconstruct", params={"name": name}, data=data, timeout=60)


def test_a_file_and_what_the_model_makes_of_it(url: str, tmp_path: Path) -> None:
    sound_files.write(tmp_path / "in.flac", tone(1.2, 440, 16000), 16000)
    found = meet(url, "in.flac", (tmp_path / "in.flac").read_bytes()).json()
    original, restored = (read(found[name]["audio"])[0] for name in ("original", "restored"))
    assert len(original) == len(restored) == 1.2 * 8000
    assert np.abs(original).max() == pytest.approx(0.5, abs=0.01)
    assert len(ask(url, "vary", z=found["z"], seed=2)["z"]) == 4


def test_a_long_file_is_cut(url: str, tmp_path: Path) -> None:
    sound_files.write(tmp_path / "in.flac", tone(30, 440, 8000), 8000)
    found = meet(url, "in.flac", (tmp_path / "in.flac").read_bytes()).json()
    assert found["original"]["seconds"] == found["most_seconds"] == 20


def test_files_that_cannot_be_used_are_told_as_fetch_tells_them(url: str, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "nan.wav", np.full(8000, np.nan, np.float32), 8000, "FLOAT")
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 8000)
    for name, data, said in [
        ("a.txt", b"hello, this is text", "a.txt: not a sound file: it is a table or text"),
        (
            "nan.wav",
            (tmp_path / "nan.wav").read_bytes(),
            "nan.wav: holds samples that are not finite (NaN or infinite)",
        ),
        ("none.wav", (tmp_path / "none.wav").read_bytes(), "none.wav: holds no samples"),
        ("", b"", ": not a sound file: it is empty"),
    ]:
        answer = meet(url, name, (tmp_path / name).read_bytes() if data is None else data)
        assert (answer.status_code, answer.json()["error"]) == (400, said)


def test_200_megabytes_are_refused_while_they_are_read(url: str) -> None:
    """Whether their length is promised or not."""
    said = "the request is too long: the limit is 32,768 KiB"
    piece = bytes(1 << 20)
    assert meet(url, "a.wav", (piece for _ in range(40))).json()["error"] == said
    answer = requests.post(
        f"{url}/api/reconstruct", data=b"", headers={"Content-Length": str(200 << 20)}, timeout=60
    )
    assert answer.json()["error"] == said


def test_no_path_leads_out(url: str) -> None:
    for path in (
        "/static/..%2f..%2fpages.py",
        "/static/pages.py",
        "/static//etc/passwd",
        "/../../etc/passwd",
    ):
        assert requests.get(url + path, timeout=60).status_code == 404


def test_only_pages_of_its_own_may_ask(url: str) -> None:
    """As after DNS rebinding, and from a page elsewhere."""
    host = url.removeprefix("http://")
    for headers, status in [
        ({"Host": host}, 200),
        ({"Host": "10.attacker.com"}, 403),
        ({"Host": host.split(":")[0]}, 403),
        ({"Origin": url}, 200),
        ({"Origin": "http://attacker.com"}, 403),
        ({"Origin": "null"}, 403),
    ]:
        assert requests.get(url, headers=headers, timeout=60).status_code == status
    assert "default-src 'self'" in requests.get(url, timeout=60).headers["content-security-policy"]


def test_200_requests_at_once_are_answered_or_hear_that_it_is_busy(url: str) -> None:
    def draw(seed: int) -> int:
        return requests.post(
            f"{url}/api/draw", data=json.dumps({"seed": seed}), timeout=120
        ).status_code

    with ThreadPoolExecutor(200) as threads:
        found = list(threads.map(draw, range(200)))
    assert set(found) <= {200, 503}
    assert 200 in found
    assert 503 in found
    assert draw(1) == 200


def test_a_host_of_the_network_needs_the_token(root: Path) -> None:
    for url in servers.app(root, "secret"):
        assert requests.get(url, timeout=60).status_code == 401
        assert requests.get(f"{url}/?token=secrets", timeout=60).status_code == 401
        session = requests.Session()
        assert session.get(f"{url}/?token=secret", timeout=60).status_code == 200
        assert session.get(f"{url}/api/models", timeout=60).json() == [OWN]
        cookie = next(iter(session.cookies))
        assert cookie.has_nonstandard_attr("HttpOnly")


def test_without_a_model_the_command_is_named(tmp_path: Path) -> None:
    for url in servers.app(tmp_path):
        assert requests.get(url, timeout=60).status_code == 200
        assert "holds no model: `dvc repro train` makes one" in refused(url, "model")


def test_a_model_that_is_replaced_is_taken_whole_or_not_at_all(root: Path, tmp_path: Path) -> None:
    shelf = Shelf(copy := shutil.copytree(root, tmp_path / "copy"), copy / "data/model")
    first = shelf.get(OWN).studio.model.id
    params.edit(copy / "params.yaml", {"train.seed": 2})
    shutil.copytree(copy / "data/model", copy / "data/before")
    train.main(copy)
    assert shelf.get(OWN).studio.model.id == first  # the prior is still of the previous networks
    prior.main(copy)
    second = shelf.get(OWN).studio.model.id
    assert second != first
    for name in ("encoder.npz", "model.json"):  # half of another one
        shutil.copy(copy / "data/before" / name, copy / "data/model" / name)
    assert shelf.get(OWN).studio.model.id == second


def test_without_recordings_the_map_is_drawn(root: Path, tmp_path: Path) -> None:
    found = landscape.survey(tmp_path, saved_model.load(root / "data/model"))
    assert found.for_page()["drawn"]
    assert set(found.clips["label"]) == {"fall", "rise", "steady", "trill"}
    with pytest.raises(UserError, match="row = 0: must be one of the 0 recordings on the map"):
        found.recording(0, None)
