"""What a training takes of the machine, as MLflow's system metrics."""

import contextlib
from typing import Any


def monitors() -> list[Any]:
    """Of the processors and, where there are NVIDIA's and their library, of the GPUs."""
    from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
    from mlflow.system_metrics.metrics.gpu_monitor import GPUMonitor

    found: list[Any] = []
    for monitor in (CPUMonitor, GPUMonitor):
        with contextlib.suppress(
            Exception
        ):  # NVIDIA's library has errors of its own, where there is no GPU
            found.append(monitor())
    metrics(found)  # a processor's use is counted from here on
    return found


def metrics(some: list[Any]) -> dict[str, float]:
    """By name: the use of the processors since the last call, memory in megabytes and per cent; the GPUs' likewise."""
    found: dict[str, float] = {}
    for monitor in some:
        monitor.collect_metrics()
        found |= {f"system/{name}": value for name, value in monitor.aggregate_metrics().items()}
        monitor.clear_metrics()
    return found
