"""Recordings before they are analysed: where they come from, checks, names, labels, licences, and their table."""
