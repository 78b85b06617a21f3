"""Training of autoencoders, flows and critics: one loop, batches, checkpoints, first weights."""
