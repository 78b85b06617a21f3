"""Recordings → clips → picture array: what the rows of clips.csv are, and how they are made, split and stored."""
