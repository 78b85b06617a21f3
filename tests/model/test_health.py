"""The flags go up for the ill, and stay down for the healthy."""

import numpy as np
import pandas as pd
import pytest

from sonovae.distributions import density
from sonovae.model import health, latent
from sonovae.model.latent import Posterior
from tests.making.densities import standard_normal


def posterior(spread: np.ndarray, scale: np.ndarray, n: int = 4000) -> Posterior:
    """Return means of these deviations over clips, posteriors of these scales [latent_size]."""
    rng = np.random.default_rng(1)
    mean = (rng.standard_normal((n, len(spread))) * spread).astype(np.float32)
    return Posterior(mean, np.tile(2 * np.log(scale), (n, 1)).astype(np.float32))


HALF = np.sqrt([0.75, 0.75]), np.array([0.5, 0.5])
"""Aggregate posterior N(0, 1): 0.75 of its variance between clips, 0.25 within."""
NORMAL = standard_normal(2)


def losses(train: float, validation: float) -> pd.DataFrame:
    """Losses of two epochs, of which the second is kept."""
    values = {"mse": [1.0, train], "val_mse": [1.0, validation], "val_loss": [2.0, 1.0]}
    return pd.DataFrame(values, index=[1, 2])


def test_kl_by_dim_adds_up_to_the_kl() -> None:
    q = posterior(np.array([1.0, 0.1]), np.array([0.2, 0.9]))
    found = latent.kl_by_dim(q, 2)
    assert found.sum() == pytest.approx(
        latent.kl_divergence(q, NORMAL, np.random.default_rng(1)).mean()
    )
    assert found[0] == pytest.approx(0.5 * (0.04 + 1 - 1 - np.log(0.04)), rel=0.02)


def test_a_healthy_model() -> None:
    found = health.metrics(posterior(*HALF), NORMAL, losses(0.01, 0.012), seed=1)
    assert found["active_units"] == 2
    assert found["prior_gap"] == pytest.approx(0, abs=1e-3)
    assert found["generalisation_gap"] == pytest.approx(1.2)
    assert [found[flag] for flag in health.FLAGS] == [0, 0, 0]


@pytest.mark.parametrize(
    ("flag", "changes", "said"),
    [
        (
            "posterior_collapse",
            {"posterior": posterior(np.full(2, 1e-3), np.ones(2))},
            "0 of 2 units are active",
        ),
        (
            "prior_out_of_reach",
            {"posterior": posterior(np.full(2, 5.0), np.full(2, 0.01))},
            "raise train.kl_weight",
        ),
        ("overfitting", {"losses": losses(0.001, 0.012)}, "12.0 times the training error"),
    ],
)
def test_each_illness_by_its_flag(
    flag: str, changes: dict[str, object], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    healthy = {
        "posterior": posterior(*HALF),
        "prior": NORMAL,
        "losses": losses(0.01, 0.012),
        "seed": 1,
    }
    found = health.metrics(**(healthy | changes))  # type: ignore[arg-type]
    assert {name: found[name] for name in health.FLAGS} == dict.fromkeys(health.FLAGS, 0.0) | {
        flag: 1.0
    }
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert record.getMessage().startswith(f"{flag.replace('_', ' ')}: ")
    assert said in record.getMessage()


def test_overfitting_after_the_kept_epoch_is_no_fault_of_the_kept_weights() -> None:
    overfitted = pd.DataFrame(
        {
            "mse": [0.020, 0.010, 0.001],
            "val_mse": [0.021, 0.012, 0.030],
            "val_loss": [0.021, 0.012, 0.030],
        },
        index=[1, 2, 3],
    )
    found = health.metrics(posterior(*HALF), NORMAL, overfitted, seed=1)
    assert found["generalisation_gap"] == pytest.approx(1.2)
    assert found["overfitting"] == 0


def test_the_gap_by_formula_and_by_draws() -> None:
    """Two equal standard normals are one, which has a formula: KL(N(1, 4) ‖ N(0, 1))."""
    q = posterior(np.sqrt([3.0, 3.0]), np.ones(2))
    moved = Posterior(q.mean - q.mean.mean(axis=0) + 1, q.log_var)
    wanted = 0.5 * (4 + 1 - 1 - np.log(4))
    mixture = density.diagonal(np.zeros((2, 2)), np.ones((2, 2)))
    assert health.prior_gap(moved, NORMAL, 1) == pytest.approx(wanted, rel=0.05)
    assert health.prior_gap(moved, mixture, 1) == pytest.approx(
        health.prior_gap(moved, NORMAL, 1), rel=0.05
    )


def test_a_plain_autoencoder_has_no_prior_to_reach() -> None:
    z = posterior(*HALF).mean
    found = health.metrics(
        Posterior(z, np.full_like(z, -np.inf)), None, losses(0.01, 0.012), seed=1
    )
    assert "prior_gap" not in found
    assert found["active_units"] == 2
