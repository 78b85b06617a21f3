"""How work is run: environment, locks, logs, progress, processes, checksums, and stages."""
