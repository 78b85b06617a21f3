"""Recordings → clips → picture array: rows of clips.csv, how they are made, split and stored."""
