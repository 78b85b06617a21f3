"""Sounds compared with recordings: two-sample tests, Fréchet distances, copies."""
