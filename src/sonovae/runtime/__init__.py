"""How the work is done: environment, locks, progress, worker processes, checksums, and what every stage shares."""
