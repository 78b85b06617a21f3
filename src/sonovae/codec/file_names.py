"""Names of the files that hold a codec. The model's folder keeps copies of them."""

CODEC_FILES = ("codec.json", "codec.npz")
