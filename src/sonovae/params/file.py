"""params.yaml on disk: read with all its faults at once, edited with its comments kept.

ruamel.yaml reads it, as DVC does, so that `1e-4` is a number to both (YAML 1.2).
"""

import io
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sonovae import atomic
from sonovae.errors import UserError
from sonovae.params.messages import faults
from sonovae.params.sections import Params

T = TypeVar("T")


def load(path: Path) -> Params:
    """Read `params.yaml`; raise UserError with a line for each fault in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: `git checkout {path.name}` restores it") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is not text in UTF-8: {error}: save it as UTF-8") from None
    return check(text, path.name)


def edit(path: Path, values: dict[str, Any]) -> None:
    """Set dotted keys of `params.yaml`; raise UserError, before it writes, if one breaks a rule."""
    load(path)
    yaml = round_trip()
    data = yaml.load(path)
    for key, value in values.items():
        *parents, last = key.split(".")
        section = data
        for parent in parents:
            section = section[parent]
        section[last] = value
    text = io.StringIO()
    yaml.dump(data, text)
    check(text.getvalue(), path.name)
    with atomic.file(path) as part:
        part.write_text(text.getvalue(), encoding="utf-8")


def round_trip() -> YAML:
    """Return a YAML that keeps comments and order, and writes as params.yaml is written."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200  # layers stay on one line
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def read_yaml(source: str | Path) -> Any:
    """Read plain data from a YAML text or file."""
    return YAML(typ="safe", pure=True).load(source)


def yaml_text(data: Any) -> str:
    """Write plain data as a YAML text."""
    text = io.StringIO()
    YAML(typ="safe", pure=True).dump(data, text)
    return text.getvalue()


def parse(data: Any, kind: type[T]) -> T:
    """Return plain data as `kind`; raise pydantic's ValidationError if it breaks a rule."""
    # JSON's lists are tuples to pydantic, even in strict mode.
    return TypeAdapter(kind).validate_json(json.dumps(data, default=str))


def plain(section: Any) -> Any:
    """Return dataclasses as dicts and lists, the inverse of `parse`."""
    return TypeAdapter(type(section)).dump_python(section, mode="json", by_alias=True)


def flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested parameters or metrics by dotted name; a list is one value."""
    values: dict[str, Any] = {}
    for name, value in section.items():
        if isinstance(value, dict):
            values |= flat(value, f"{prefix}{name}.")
        else:
            values[prefix + name] = value
    return values


def check(text: str, name: str) -> Params:
    """Return the parameters in the text of the file `name`; raise UserError as `load` does."""
    try:
        data = read_yaml(text)
    except YAMLError as error:
        raise UserError(f"{name} is not YAML: {' '.join(str(error).split())}") from None
    try:
        return parse(data, Params)
    except ValidationError as error:
        raise UserError("\n".join(f"{name}: {line}" for line in faults(error, data))) from None
    # json refuses keys that are no text, and lists that hold themselves.
    except (TypeError, ValueError) as error:
        raise UserError(f"{name} must hold only plain keys and values: {error}") from None
