"""sonovae learns the sound of a folder of recordings and makes new sounds, the same ones each time."""

import os

# TensorFlow's notes on what it was built for, and on oneDNN, which only training by TensorFlow's own kernels uses.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
