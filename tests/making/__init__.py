"""Helpers that several test modules share: small projects, recordings, servers."""
