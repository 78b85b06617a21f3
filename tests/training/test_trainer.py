"""Training on tiny pictures: how it goes on, stops, and ends."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from sonovae.dataset.saved_dataset import Dataset
from sonovae.errors import UserError
from sonovae.model import health, networks, vae
from sonovae.training import epoch as one_epoch
from sonovae.training import initialization, trainer
from sonovae.training.checkpoint import Checkpoints
from sonovae.training.state import State
from tests.making.pictures import BACK, THERE, train
from tests.making.trainings import Killed, checkpoints, equal, fit, kill_after, made, nothing, saved


@pytest.fixture
def data(tmp_path: Path) -> Dataset:
    return made(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> State:
    """A training that nothing stopped."""
    folder = tmp_path_factory.mktemp("whole")
    return fit(made(folder), folder / "checkpoints", snapshots=[1, 3])


def test_what_was_killed_goes_on_to_the_same_end(
    whole: State, data: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        fit(data, tmp_path / "cut", kill_after(3))
    told: list[int] = []
    assert equal(whole, fit(data, tmp_path / "cut", lambda epoch, losses: told.append(epoch)))
    assert told == [1, 2, 3, 4]
    assert not equal(whole, fit(data, tmp_path / "other", seed=2))


def test_within_an_epoch_too(
    whole: State, data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Metrics, noise and the optimizer continue in epoch 2, after three of five batches."""
    monkeypatch.setattr(one_epoch, "MINUTES", 0)
    saves: list[int] = []
    save = Checkpoints.save

    def save_and_die(self: Checkpoints, arrays: Any) -> None:
        save(self, arrays)
        saves.append(len(saves))
        if len(saves) == 8:  # five of epoch 1, three of epoch 2
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Checkpoints, "save", save_and_die)
        fit(data, tmp_path / "cut", snapshots=[1, 3])
    resumed = fit(data, tmp_path / "cut", snapshots=[1, 3])
    assert equal(whole, resumed)
    assert list(resumed.snapshots) == [1, 3]
    for epoch, weights in whole.snapshots.items():
        assert all(
            np.array_equal(a, b) for a, b in zip(weights, resumed.snapshots[epoch], strict=True)
        )


def test_a_damaged_checkpoint_costs_an_epoch_and_changes_nothing(
    whole: State, data: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        fit(data, tmp_path / "cut", kill_after(3))
    newest = sorted((tmp_path / "cut").glob("*.npz"))[-1]
    newest.write_bytes(newest.read_bytes()[:-1])
    assert equal(whole, fit(data, tmp_path / "cut"))


def test_the_batch_where_the_loss_is_lost_is_named(data: Dataset, tmp_path: Path) -> None:
    pictures = np.load(data.pictures.file)
    order = np.random.default_rng([1, 0]).permutation(40)
    rows = np.sort(order[16:24])  # of batch 3
    pictures[rows[0]] = np.nan
    np.save(data.pictures.file, pictures)
    said = rf"epoch 1, batch 3 \(rows {', '.join(map(str, rows[:3]))} …"
    with pytest.raises(UserError, match=said):
        fit(data, tmp_path / "checkpoints")


def test_patience_ends_it(data: Dataset, tmp_path: Path) -> None:
    """Without a rate worth the name nothing gets better, but for the noise."""
    state = fit(
        data,
        tmp_path / "checkpoints",
        epochs=50,
        patience=2,
        learning_rate=1e-12,
        schedule="constant",
    )
    assert state.epoch < 50
    assert state.epoch == state.best + 2
    assert state.losses[state.best - 1]["val_loss"] == min(
        each["val_loss"] for each in state.losses
    )


def from_pca(
    data: Dataset, folder: Path, on_epoch: Callable[..., None] = nothing, **changes: Any
) -> State:
    p = train(
        initialization="pca",
        encoder=THERE,
        decoder=BACK,
        latent_size=3,
        batch_size=8,
        time_warp=0,
        **changes,
    )
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    return trainer.fit(vae.build((8, 8), p), data, p, checkpoints(folder), on_epoch)


def test_it_begins_as_pca(data: Dataset, tmp_path: Path) -> None:
    """Where nothing is learned, the weights are those."""
    state = from_pca(
        data, tmp_path / "checkpoints", epochs=1, learning_rate=1e-12, dense_learning_rate=1e-12
    )
    p = train(initialization="pca", encoder=THERE, decoder=BACK, latent_size=3)
    wanted = vae.build((8, 8), p)
    initialization.as_pca(wanted.encoder, wanted.decoder, data.side("train").pictures, p.seed)
    found = vae.build((8, 8), p)
    found.set_weights(state.kept["best"])
    for name in (networks.MEAN, networks.LOG_VARIANCE):
        for one, other in zip(
            *(each.encoder.get_layer(name).get_weights() for each in (found, wanted)), strict=True
        ):
            np.testing.assert_allclose(one, other, atol=1e-6)
    random = from_pca(
        data.take(np.r_[0, 40:50]), tmp_path / "one clip", epochs=1, learning_rate=1e-12
    )
    assert state.losses[0]["mse"] < 0.9 * random.losses[0]["mse"]


def test_what_began_as_pca_goes_on_to_the_same_end(data: Dataset, tmp_path: Path) -> None:
    whole = from_pca(data, tmp_path / "whole", epochs=2)
    with pytest.raises(Killed):
        from_pca(data, tmp_path / "cut", kill_after(1), epochs=2)
    assert equal(whole, from_pca(data, tmp_path / "cut", epochs=2))


def test_tables(data: Dataset, tmp_path: Path) -> None:
    found = fit(data, tmp_path / "checkpoints", epochs=2).tables()
    assert {
        "loss",
        "val_loss",
        "mse",
        "val_mse",
        "kl",
        "active_units",
        "prior_gap",
        "generalisation_gap",
    } <= set(found["losses"])
    assert found["kl_by_dim"].shape == (2, 3)
    assert found["losses"].index.tolist() == [1, 2]
    plain = fit(data, tmp_path / "plain", epochs=1, prior="none").tables()
    assert set(plain) == {"losses"}
    assert "prior_gap" not in plain["losses"]


def drawn(folder: Path, clips: int) -> Dataset:
    """Pictures that two numbers decide, but for a little noise; ten for validation."""
    rng, n = np.random.default_rng(1), clips + 10
    rows, columns = np.mgrid[:8, :8]
    place = rng.uniform(1, 7, (n, 2, 1, 1))
    blob = np.exp(-0.3 * ((rows - place[:, 0]) ** 2 + (columns - place[:, 1]) ** 2))
    return saved(folder, np.clip(0.05 + 0.8 * blob + 0.02 * rng.standard_normal((n, 8, 8)), 0, 1))


@pytest.mark.parametrize(
    ("flag", "clips", "changes"),
    [
        ("none", 400, {"kl_weight": 1e-3}),
        ("posterior_collapse", 400, {"kl_weight": 1000}),
        ("prior_out_of_reach", 400, {"kl_weight": 0}),
    ],
)
def test_what_makes_a_model_ill_raises_its_flag(
    tmp_path: Path, flag: str, clips: int, changes: dict[str, Any]
) -> None:
    data = drawn(tmp_path, clips)
    usual: dict[str, Any] = {
        "learning_rate": 1e-2,
        "epochs": 12,
        "kl_warmup_epochs": 0,
        "latent_size": 3,
    }
    usual |= changes
    state = fit(data, tmp_path / "checkpoints", **usual)
    wrong = health.complaints(state.losses[-1], latent_size=usual["latent_size"])
    assert flag in (wrong or {"none"}), state.losses[-1]
