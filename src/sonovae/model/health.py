"""Faults of a model that its loss does not show: collapse, an unreachable prior, overfitting."""

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from sonovae.distributions.density import Density
from sonovae.model.latent import Posterior

logger = logging.getLogger(__name__)

ACTIVE = 0.01
"""Variance of a dimension's posterior mean above which it is active (Burda et al. 2016)."""
FEWEST_ACTIVE = 0.05
"""Share of active units below which the posterior has collapsed."""
WIDEST_PRIOR_GAP = 0.5
"""Nats a dimension above which the decoder has not learned from points like the prior's."""
LARGEST_GENERALISATION_GAP = 2.0
"""Validation error over training error above which a model has overfitted."""
DRAWS = 4096
"""Points of z that estimate the gap to a prior without a formula, to about 0.01 nats."""
FLAGS = ("posterior_collapse", "prior_out_of_reach", "overfitting")


def metrics(
    posterior: Posterior, prior: Density | None, losses: pd.DataFrame, seed: int
) -> dict[str, float]:
    """Measure the kept weights by the training clips' posterior and a row of losses for each epoch;
    warn of each fault, whose flag is 1 instead of 0."""
    values = of_posterior(posterior, prior, seed) | of_losses(kept(losses))
    faults = complaints(values, posterior.mean.shape[1])
    for flag, text in faults.items():
        logger.warning("%s: %s", flag.replace("_", " "), text)
    return values | {flag: float(flag in faults) for flag in FLAGS}


def kept(losses: pd.DataFrame) -> "pd.Series[float]":
    """Return the losses of the epoch whose weights are kept: the lowest validation loss."""
    return losses.iloc[losses["val_loss"].argmin()]


def of_posterior(posterior: Posterior, prior: Density | None, seed: int) -> dict[str, float]:
    """Return `active_units`, a count, and with a prior `prior_gap`, nats a dimension."""
    active = posterior.mean.astype(float).var(axis=0) > ACTIVE
    values = {"active_units": float(active.sum())}
    if prior:
        values["prior_gap"] = prior_gap(posterior, prior, seed)
    return values


def of_losses(losses: Any) -> dict[str, float]:
    """Return `generalisation_gap` of an epoch: validation error over training error."""
    return {"generalisation_gap": float(losses["val_mse"] / losses["mse"])}


def prior_gap(posterior: Posterior, prior: Density, seed: int) -> float:
    """Return KL(N(m, s²) ‖ prior) in nats a dimension, m and s² being mean and variance of the
    aggregate posterior: by formula for a standard normal, otherwise from `DRAWS` points."""
    means = posterior.mean.astype(float)
    centre = means.mean(axis=0)
    within = np.exp(posterior.log_var.astype(float))
    variance = means.var(axis=0) + within.mean(axis=0)
    if prior.is_standard:
        return float(0.5 * (variance + centre**2 - 1 - np.log(variance)).mean())
    rng = np.random.default_rng(seed)
    z = rng.normal(centre, np.sqrt(variance), (DRAWS, len(variance)))
    by_dim = (z - centre) ** 2 / variance + np.log(2 * np.pi * variance)
    fitted = -0.5 * by_dim.sum(axis=1)
    # In single precision, as z is wherever a model decodes it.
    gap = fitted - prior.log_density(z.astype(np.float32))
    return float(gap.mean() / len(variance))


def complaints(values: Mapping[str, float], latent_size: int) -> dict[str, str]:
    """Say by flag what is wrong and what to do about it; nothing about a healthy model."""
    faults: dict[str, str] = {}
    active = values["active_units"]
    if active < max(1, FEWEST_ACTIVE * latent_size):
        faults["posterior_collapse"] = (
            f"{active:.0f} of {latent_size} units are active, so z says nothing about a clip:"
            " lower train.kl_weight, or raise train.kl_warmup_epochs or train.free_bits"
        )
    # A plain autoencoder has no prior to be far from.
    gap = values.get("prior_gap", 0.0)
    if gap > WIDEST_PRIOR_GAP:
        faults["prior_out_of_reach"] = (
            f"posteriors lie {gap:.2f} nats a dimension from the prior: raise train.kl_weight, or"
            " set generate.from to prior"
        )
    ratio = values.get("generalisation_gap", 1.0)
    if ratio > LARGEST_GENERALISATION_GAP:
        faults["overfitting"] = (
            f"the validation error is {ratio:.1f} times the training error: more recordings, fewer"
            " filters, or set train.patience"
        )
    return faults
