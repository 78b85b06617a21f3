"""Files of a flow: weights, scaling, and the sizes and names that rebuild it."""

from pathlib import Path
from typing import Any

import numpy as np

from sonovae import params
from sonovae.distributions import flow
from sonovae.distributions.flow import Flow
from sonovae.distributions.flow_path import Scaling
from sonovae.model import backend, weights
from sonovae.params.prior import Flow as Settings

WEIGHTS = "flow.npz"
SCALING = "scaling.npz"
FILES = (WEIGHTS, SCALING)


def save(folder: Path, saved: Flow) -> dict[str, Any]:
    """Write weights and scaling; return the rest of the flow as plain data."""
    weights.save(folder / WEIGHTS, saved.network)
    np.savez(folder / SCALING, **vars(saved.scaling))
    return {
        "labels": list(saved.labels),
        "shares": list(saved.shares),
        "groups": list(saved.groups),
        "frames": saved.frames,
        "sizes": params.plain(saved.sizes),
    }


def load(folder: Path, about: dict[str, Any]) -> Flow:
    """Read what `save` wrote and returned."""
    with np.load(folder / SCALING, allow_pickle=False) as arrays:
        scaling = Scaling(**arrays)
    labels = tuple(about["labels"])
    groups = tuple(about["groups"])
    sizes = params.parse(about["sizes"], Settings)
    network = flow.build(len(scaling.mean), len(labels), len(groups), sizes)
    network.compile(jit_compile=backend.jit())
    weights.load(folder / WEIGHTS, network)
    shares = tuple(about["shares"])
    return Flow(network, scaling, labels, shares, groups, about["frames"], sizes)
