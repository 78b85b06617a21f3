"""params.yaml as frozen dataclasses."""

from sonovae.params.file import edit, flat, load, parse, plain, read_yaml, yaml_text
from sonovae.params.messages import faults
from sonovae.params.sections import Params

__all__ = [
    "Params",
    "edit",
    "faults",
    "flat",
    "load",
    "parse",
    "plain",
    "read_yaml",
    "yaml_text",
]
