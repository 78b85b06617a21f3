"""Lines that say what is wrong with parameters: the key's path, its value and the rule."""

import difflib
import re
from typing import Any

from pydantic import ValidationError

Location = tuple[int | str, ...]

MOST_SHOWN = 100
"""Characters of a list that fit a line; one of layers is longer."""
RULES = {
    "dataclass_type": "must be a section of keys and values",
    "dict_type": "must be a section of keys and values",
    "int_type": "must be a whole number",
    "string_type": "must be text: put it in quotes",
    "tuple_type": "must be a list",
    "union_tag_invalid": "layer = {tag!r} must be one of {expected_tags}",
    "union_tag_not_found": "layer is missing: every key must be given",
}
"""Rules by pydantic's type of error, where its own words are about Python."""
ABOUT_A_KEY = ("union_tag_invalid", "union_tag_not_found", "value_error")
"""Types of error of a section whose rule begins with one of its keys."""


def faults(error: ValidationError, data: Any) -> list[str]:
    """Return a line for each fault that `parse` finds in `data`."""
    details = error.errors(include_url=False)
    missing = {
        fault["loc"] for fault in details if fault["type"] in ("missing", "missing_argument")
    }
    return [_line(fault, data, missing) for fault in details]


def _line(fault: Any, data: Any, missing: set[Location]) -> str:
    path = _path(fault["loc"], data)
    if fault["loc"] in missing:
        return f"{path} is missing: every key must be given"
    value = fault["input"]
    if fault["type"] == "unexpected_keyword_argument":
        # Every key must be given, so a misspelt one leaves its right name missing next to it.
        siblings = [str(loc[-1]) for loc in missing if loc[:-1] == fault["loc"][:-1]]
        close = difflib.get_close_matches(str(fault["loc"][-1]), siblings, n=1, cutoff=0.5)
        advice = f"did you mean {close[0]}?" if close else "delete it"
        return f"{path} = {value!r}: unknown key; {advice}"
    if isinstance(value, dict) and fault["type"] in ABOUT_A_KEY:
        return f"{path}.{_rule(fault)}".removeprefix(".")
    is_long = isinstance(value, list) and len(repr(value)) > MOST_SHOWN
    shown = "" if isinstance(value, dict) or is_long else f" = {value!r}"
    return f"{path or 'params'}{shown}: {_rule(fault)}"


def _rule(fault: Any) -> str:
    if fault["type"] in RULES:
        return RULES[fault["type"]].format(**fault.get("ctx", {}))
    # pydantic's begin with "Input should", "String should", …
    rule = fault["msg"].removeprefix("Value error, ")
    return re.sub(r"^[A-Z]\w+ should ", "must ", rule)


def _path(loc: Location, data: Any) -> str:
    """Return the dotted key as params.yaml shows it."""
    path = ""
    for i, part in enumerate(loc):
        if isinstance(data, list) and isinstance(part, int):
            path += f"[{part}]"
            # An entry that is missing is one past the end.
            data = data[part] if part < len(data) else None
        # Other parts are pydantic's tags for a layer's kind; a last one is a missing key.
        elif isinstance(data, dict) and (part in data or i == len(loc) - 1):
            path += f".{part}"
            data = data.get(part)
    return path.removeprefix(".")
