"""Recording ↔ waveform ↔ spectrogram ↔ picture: files, Hz, decibels and [0, 1]."""
