"""Recording ↔ waveform ↔ spectrogram ↔ picture: Hz, decibels and [0, 1], and the files they come from."""
