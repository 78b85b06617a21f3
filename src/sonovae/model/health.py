"""Whether a model is ill in a way that its loss does not show: collapsed, out of its prior's reach, or overfitted."""

import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.model.density import Density
from sonovae.model.latent import Posterior

Floats = NDArray[np.float64]

ACTIVE = 0.01
"""Variance of its posterior mean over clips above which a dimension is an active unit (Burda et al. 2016)."""
FEWEST_ACTIVE = 0.05
"""Share of active units below which the posterior has collapsed."""
WIDEST_PRIOR_GAP = 0.5
"""Nats a dimension above which draws from the prior are not what the decoder has learned from."""
LARGEST_GENERALISATION_GAP = 2.0
"""Validation error over training error above which a model has overfitted."""
FLAGS = ("posterior_collapse", "prior_out_of_reach", "overfitting")


def of_posterior(posterior: Posterior, prior: Density | None, seed: int) -> dict[str, float]:
    """`active_units`, and with a prior `prior_gap` of some clips' posterior."""
    found = {"active_units": float((posterior.mean.astype(float).var(axis=0) > ACTIVE).sum())}
    return found | ({"prior_gap": prior_gap(posterior, prior, seed)} if prior else {})


def prior_gap(posterior: Posterior, prior: Density, seed: int) -> float:
    """Nats a dimension between aggregate posterior and prior: KL(N(m, s²) ‖ prior), m and s² being mean and variance of
    the aggregate posterior in each dimension. By formula for a standard normal, else the mean of 4,096 draws."""
    mean = posterior.mean.astype(float)
    variance = mean.var(axis=0) + np.exp(posterior.log_var.astype(float)).mean(axis=0)
    if prior.is_standard:
        return float(0.5 * (variance + mean.mean(axis=0) ** 2 - 1 - np.log(variance)).mean())
    z = np.random.default_rng(seed).normal(
        mean.mean(axis=0), np.sqrt(variance), (4096, len(variance))
    )
    fitted = -0.5 * ((z - mean.mean(axis=0)) ** 2 / variance + np.log(2 * np.pi * variance)).sum(
        axis=1
    )
    return float((fitted - prior.log_density(z.astype(np.float32))).mean() / len(variance))


def of_losses(losses: Mapping[Any, float]) -> dict[str, float]:
    """`generalisation_gap` of an epoch: validation error over training error."""
    return {"generalisation_gap": losses["val_mse"] / losses["mse"]}


def metrics(
    posterior: Posterior, prior: Density | None, losses: pd.DataFrame, seed: int
) -> dict[str, float]:
    """All of the above, `losses` being those of each epoch, and each flag as 1 or 0; a line to stderr for each that is
    up."""
    found = of_posterior(posterior, prior, seed) | of_losses(losses.iloc[-1].to_dict())
    wrong = complaints(found, posterior.mean.shape[1])
    for flag, what in wrong.items():
        print(f"warning: {flag.replace('_', ' ')}: {what}", file=sys.stderr)
    return found | {flag: float(flag in wrong) for flag in FLAGS}


def complaints(found: Mapping[str, float], latent_size: int) -> dict[str, str]:
    """What is wrong, if anything, by flag, and what to do about it."""
    active, gap = found["active_units"], found.get("prior_gap", 0.0)
    ratio, wrong = found.get("generalisation_gap", 1.0), dict[str, str]()
    if active < max(1, FEWEST_ACTIVE * latent_size):
        wrong["posterior_collapse"] = (
            f"{active:.0f} of {latent_size} units are active, so z says nothing about a clip: lower train.kl_weight, or"
            " raise train.kl_warmup_epochs or train.free_bits"
        )
    if gap > WIDEST_PRIOR_GAP:
        wrong["prior_out_of_reach"] = (
            f"posteriors lie {gap:.2f} nats a dimension from the prior: raise train.kl_weight, or draw from the density"
        )
    if ratio > LARGEST_GENERALISATION_GAP:
        wrong["overfitting"] = (
            f"the validation error is {ratio:.1f} times the training error: more recordings, fewer filters, or set"
            " train.patience"
        )
    return wrong
