"""Features of sounds: pitch, voice, level, modulation, log-mel spectrograms."""
