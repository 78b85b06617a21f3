"""Two results compared: changed data, the better model, and a comment that reports both."""
