"""All stages with pictures of powers and a mask row."""

import json
from pathlib import Path

import numpy as np

from sonovae.codec import mask, saved_codec, sound_files
from sonovae.model import latent, saved_model
from stages import evaluate, fetch, generate, judge, preprocess, prior, train
from tests.making.projects import make_project


def test_new_sounds_end_where_their_pictures_say(tmp_path: Path) -> None:
    root = make_project(
        tmp_path,
        preprocess__waveform__rest="pad",
        preprocess__spectrogram__scale="power",
        preprocess__spectrogram__power=0.3,
        preprocess__spectrogram__dynamic_range_db=None,
        preprocess__picture__bins=63,
        preprocess__picture__mask_row=True,
    )
    for stage in (fetch, preprocess, train, prior, judge, evaluate, generate):
        stage.main(root)
    pictures = np.load(root / "data/pictures/pictures.npy")
    assert pictures.shape[1:] == (64, 32)
    assert set(np.unique(pictures[:, -1])) == {0, 1}
    metrics = json.loads((root / "data/evaluation/metrics.json").read_text())
    assert metrics["codec"]["spectral_convergence_db"] < -20
    c = saved_codec.load(root / "data/model")
    decoder = saved_model.load(root / "data/model").decoder
    drawn = latent.decode(decoder, np.load(root / "data/samples/z.npy"))
    for n, image in enumerate(drawn, 1):
        samples, _ = sound_files.read(root / f"data/samples/sound_{n:03d}.wav")
        end = mask.recorded_frames(image[-1]) * c.frames["hop_length"] - 128
        assert samples[: max(1, end)].any() or end <= 0
        assert not samples[max(0, end) :].any()
