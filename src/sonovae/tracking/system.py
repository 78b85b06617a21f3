"""Load of the machine during a training, as MLflow's system metrics."""

import contextlib
from typing import Any

from sonovae.tracking import connection


def monitors() -> list[Any]:
    """Return MLflow's monitors of the CPU and, if there are any, of NVIDIA's GPUs."""
    connection.configure()
    from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
    from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor

    monitors: list[Any] = []
    for monitor in (CPUMonitor, GPUMonitor):
        # Without a GPU, NVIDIA's library raises exceptions of its own.
        with contextlib.suppress(Exception):
            monitors.append(monitor())
    # The CPU's load is measured from the previous call on.
    metrics(monitors)
    return monitors


def metrics(monitors: list[Any]) -> dict[str, float]:
    """Return load in per cent since the previous call, and memory in MB and per cent, by name."""
    values: dict[str, float] = {}
    for monitor in monitors:
        monitor.collect_metrics()
        values |= {f"system/{name}": value for name, value in monitor.aggregate_metrics().items()}
        monitor.clear_metrics()
    return values
