"""Lengths of new sounds: seconds, frames of a picture, latent frames."""

from sonovae.codec.base import Codec
from sonovae.errors import UserError
from sonovae.model.saved_model import Model

MOST_BYTES = 2**31
"""Memory that the decoder of one sound may take."""
BYTES_A_PIXEL = 256
"""Bytes that the decoder needs for each pixel of a picture, measured with 16 channels."""


def latent_frames(model: Model, codec: Codec, seconds: float | None) -> int | None:
    """Return the latent frames of a sound of so many seconds; None for a clip's.

    Raises UserError if the model makes sounds of one length only, or none so long.
    """
    if seconds is None:
        return None
    sequence = model.architecture.sequence
    rate = codec.frame_rate
    if sequence is None or rate is None or model.space.flow is None:
        raise UserError(
            f"generate.seconds = {seconds:g}: this model makes sounds of one length; others need"
            " train.sequence and prior.kind = flow"
        )
    rows, _ = codec.shape
    most = MOST_BYTES / (BYTES_A_PIXEL * rows * rate)
    if not 0 < seconds <= most:
        raise UserError(
            f"generate.seconds = {seconds:g}: it must be more than 0 and at most {most:.0f}, which"
            " fits into memory"
        )
    return int(-(-(1 + seconds * rate) // sequence.frames))
