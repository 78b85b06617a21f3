"""Recordings before analysis: sources, checks, names and labels, dataset cards, and their table."""
