"""Which sounds a listening study takes, how loud they are, and its anchors."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sonovae.errors import UserError
from sonovae.listening import loudness, sounds
from tests.making.recordings import tone


def test_clips_go_to_sets_by_turns_of_label_and_recording() -> None:
    table = pd.DataFrame({"label": list("aaaaaabbb"), "sha256": list("112233456")})
    chosen = sounds.choose(table, 2, seed=0)
    rows = np.concatenate(list(chosen.values()))
    assert len(set(rows)) == 6
    assert table["sha256"][rows].nunique() == 6
    assert [list(table["label"][each]) for each in chosen.values()] == [["a", "b"]] * 3
    with pytest.raises(UserError, match="at most --each 3"):
        sounds.choose(table, 4, seed=0)
    with pytest.raises(UserError, match="more recordings, or a larger split.test"):
        sounds.choose(table[:2], 1, seed=0)


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.496, 3.0])
def test_loudness_of_any_length(seconds: float) -> None:
    loud, quiet = 0.9 * tone(seconds), 0.01 * tone(seconds)
    made, before, target = loudness.equal([loud, quiet, 0 * loud], 8000)
    assert before[0] - before[1] == pytest.approx(20 * np.log10(90), abs=0.01)
    assert before[2] == -np.inf
    assert target == loudness.TARGET
    assert loudness.of(made[0], 8000) == pytest.approx(target, abs=0.01)
    np.testing.assert_allclose(made[0], made[1], atol=1e-6)
    assert not made[2].any()


def test_no_sound_clips() -> None:
    click = np.zeros(4000, np.float32)
    click[2000] = 1
    made, _, target = loudness.equal([click, tone(0.5)], 8000)
    assert np.abs(made[0]).max() == pytest.approx(10 ** (loudness.PEAK_DBFS / 20))
    assert loudness.of(made[1], 8000) == pytest.approx(target, abs=0.01)
    assert target < loudness.TARGET


def test_an_anchor_is_low_passed_and_noisy(rng: np.random.Generator) -> None:
    samples = tone(1, 1000, 16000)
    spectrum = np.abs(np.fft.rfft(sounds.anchor(samples, 16000, rng))) ** 2
    assert spectrum[4500:].sum() < 1e-4 * spectrum.sum()
    assert (
        0.02 < 1 - spectrum[995:1006].sum() / spectrum.sum() < 0.1
    )  # of the noise, 10 dB below, what is under 3.5 kHz


def test_images_are_no_sounds(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sonovae.generation.studio.load", lambda *_: SimpleNamespace(sample_rate=None)
    )
    with pytest.raises(
        UserError, match="data/model makes images, and a listening study needs sounds"
    ):
        sounds.open_studio(project, 1)
