"""Training a VAE: epochs, batches, optimizer, first weights, checkpoints."""
