"""Distributions of latents and levels: mixtures of Gaussians, flows, and gains of recordings."""
