"""sonovae learns the sound of a folder of recordings and makes new sounds, the same ones each time."""

import os

# More BLAS threads change the last digits of a result; one gives the same bytes on any number of cores.
# It must be set before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# TensorFlow's notes on what it was built for; errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
