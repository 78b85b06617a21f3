"""params.yaml on disk: read with all its faults at once, changed with its comments kept.

ruamel.yaml reads it, as DVC does, so that `1e-4` is a number to both (YAML 1.2).
"""

import difflib
import io
import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sonovae.errors import UserError
from sonovae.params.sections import Params


def load(path: Path) -> Params:
    """Read `params.yaml`; UserError with a line for each fault in it."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"{path} does not exist: `git checkout {path.name}` brings it back"
        ) from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path.name} is not text in UTF-8: {error}") from None
    return check(text, path.name)


def edit(path: Path, values: dict[str, Any]) -> None:
    """Set dotted keys of `params.yaml`; comments and order stay. What breaks a rule is a UserError, and not written."""
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
    write(path, text.getvalue())


def round_trip() -> YAML:
    """A YAML that keeps comments and order, and writes as params.yaml is written."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 200
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


def write(path: Path, text: str) -> None:
    """Replace a file's text, at once."""
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


T = TypeVar("T")

MOST_SHOWN = 100
"""Characters of a list that a line holds; one of layers is longer."""


def parse(data: Any, kind: type[T]) -> T:
    """Plain data, as JSON holds it, as `kind`; pydantic's ValidationError where it breaks a rule."""
    return TypeAdapter(kind).validate_json(json.dumps(data, default=str))


def plain(section: Any) -> Any:
    """The door back from `parse`: dataclasses as dicts and lists."""
    return TypeAdapter(type(section)).dump_python(section, mode="json", by_alias=True)


def flat(section: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested parameters or metrics by dotted name; a list is one value."""
    found: dict[str, Any] = {}
    for name, value in section.items():
        found |= (
            flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
        )
    return found


def check(text: str, name: str) -> Params:
    """The parameters that a text holds; UserError with a line for each fault in it."""
    try:
        data = read_yaml(text)
    except YAMLError as error:
        raise UserError(f"{name} is not YAML: {' '.join(str(error).split())}") from None
    try:
        return parse(data, Params)
    except ValidationError as error:
        raise UserError("\n".join(f"{name}: {line}" for line in faults(error, data))) from None
    except (TypeError, ValueError) as error:
        raise UserError(f"{name} holds more than plain keys and values: {error}") from None


def faults(error: ValidationError, data: Any) -> list[str]:
    """A line for each that `parse` found: the key's path, its value and the rule."""
    found = error.errors(include_url=False)
    missing = {fault["loc"] for fault in found if fault["type"] in ("missing", "missing_argument")}
    return [_fault(fault, data, missing) for fault in found]


def _fault(fault: Any, data: Any, missing: set[tuple[int | str, ...]]) -> str:
    key = _key(fault["loc"], data)
    if fault["loc"] in missing:
        return f"{key} is missing: every key must be given"
    if fault["type"] == "unexpected_keyword_argument":
        # Every key must be given, so a misspelt one leaves its right name missing beside it.
        siblings = [str(loc[-1]) for loc in missing if loc[:-1] == fault["loc"][:-1]]
        return (
            f"{key} = {fault['input']!r}: unknown key; {_advice(str(fault['loc'][-1]), siblings)}"
        )
    rule = fault["msg"].removeprefix("Value error, ")
    value = (
        ""
        if isinstance(fault["input"], dict) or _is_long(fault["input"])
        else f" = {fault['input']!r}"
    )
    return f"{key}{value}: {rule[0].lower()}{rule[1:]}"


def _is_long(value: object) -> bool:
    return isinstance(value, list) and len(repr(value)) > MOST_SHOWN


def _advice(key: str, siblings: list[str]) -> str:
    close = difflib.get_close_matches(key, siblings, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else "delete it"


def _key(loc: tuple[int | str, ...], data: Any) -> str:
    """The path as params.yaml shows it, without the tags that pydantic adds for a layer's kind."""
    key = ""
    for i, part in enumerate(loc):
        if isinstance(data, list) and isinstance(part, int):
            key, data = f"{key}[{part}]", data[part] if part < len(data) else None
        elif isinstance(data, dict) and (part in data or i == len(loc) - 1):
            key, data = f"{key}.{part}", data.get(part)
    return key.removeprefix(".") or "params"
