"""Networks, priors, the VAE, latents and densities, and the folder that holds a trained model."""
