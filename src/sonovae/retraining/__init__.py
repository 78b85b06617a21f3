"""Two results compared: what changed in the data, which model is better, and the comment that reports it."""
