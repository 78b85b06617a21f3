"""Listening study: people rate real, reconstructed and generated sounds without knowing which."""
