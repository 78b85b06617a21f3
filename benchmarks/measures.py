"""Figures of how a source tree is built. Code lines are neither blank nor comment nor docstring."""

import ast
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.sources import (
    Function,
    Source,
    annotations,
    names_in,
    parameters,
    public_functions,
)

COLUMNS = 100
"""The widest line, as in ruff's `line-length`."""
FUNCTION_LINES = 40
"""The longest function; most have about a dozen code lines."""
FILE_LINES = 300
"""The longest file: one subject rarely needs more."""
MANY_PARAMETERS = 7
"""A call with this many arguments is hard to read."""
PRAGMA = re.compile(r"#\s*(type:|noqa|fmt:|pragma|mypy:|ruff:|!)")
HEADLESS = re.compile(
    r"(of|those|these|that|this|all|both|it|its|their|theirs|they|them|whose|which|who|what|as"
    r"|(each|some|one|such) (of|that|which|for|its)"
    r"|the (same|others?|rest|ones?|former|latter|door|two|three|four|five))\b",
    re.IGNORECASE,
)
"""First words that point to something above, in place of a verb or a noun."""
SHAPE = re.compile(r"\[[^\]]+\]")
"""A shape or a range in brackets: [N, D], [0, 1]."""
UNIT = re.compile(
    r"\b(k?Hz|m?s|seconds?|minutes?|samples?|frames?|bins?|mel|octaves?|semitones?|dB|decibels?"
    r"|pixels?|rows?|columns?|nats?|bits?|LUFS|radians?|probabilit(y|ies)|per cent)\b|±|%"
)
ARRAYS = {"ndarray", "NDArray", "ArrayLike"}
"""Names of arrays in annotations, besides the aliases that the source defines."""
KINDS = {"sound", "image"}
"""The codec's two kinds, which only its own package distinguishes."""
OWN_KIND = {"codec", "params", "recordings"}
"""Packages that may ask for a kind: the last two mean the parameter `fetch.kind`, not a codec."""


@dataclass(frozen=True)
class Figure:
    """A row's value, and the places that it counts."""

    value: float
    places: list[str] = field(default_factory=list)


def counted(places: Sequence[str]) -> Figure:
    """Return the figure that is the number of places."""
    return Figure(len(places), list(places))


def code_lines(sources: Sequence[Source]) -> int:
    """Return the number of code lines, at least 1."""
    return max(1, sum(len(source.code) for source in sources))


def fullest_folder(sources: Sequence[Source]) -> Figure:
    """Count the modules in the folder that has most; `__init__` is no module."""
    folders = Counter(source.path.parent for source in sources if source.path.name != "__init__.py")
    return Figure(max(folders.values()), [f"{n:3}  {path}" for path, n in folders.most_common()])


def code_characters(sources: Sequence[Source]) -> Figure:
    """Measure the mean length of a code line, without its indentation."""
    lengths = {str(source.path): [len(line) for line in source.code] for source in sources}
    means = sorted(((sum(n) / len(n), path) for path, n in lengths.items() if n), reverse=True)
    total = sum(sum(n) for n in lengths.values())
    return Figure(total / code_lines(sources), [f"{mean:5.1f}  {path}" for mean, path in means])


def wide_lines(sources: Sequence[Source]) -> Figure:
    """Count the lines that are too wide: code, comments and docstrings."""
    return counted(
        [
            source.place(number)
            for source in sources
            for number, line in enumerate(source.lines, 1)
            if len(line) > COLUMNS
        ]
    )


def is_sentence(comment: str) -> bool:
    """Tell a comment from rulers and from words to tools: three words or more."""
    return not PRAGMA.match(comment) and len(re.findall(r"[^\W\d_]{2,}|\b[aAI]\b", comment)) >= 3


def comments(sources: Sequence[Source]) -> Figure:
    """Count the lines of comment for each 1,000 code lines."""
    places = [
        source.place(token.start[0], token.string)
        for source in sources
        for token in source.tokens
        if token.type == tokenize.COMMENT and is_sentence(token.string)
    ]
    return Figure(1000 * len(places) / code_lines(sources), places)


def is_unrelated(node: ast.AST) -> bool:
    """Find `a, b = x, y`; a swap and the unpacking of one value are something else."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Tuple):
        return False
    values = {ast.unparse(value) for value in node.value.elts}
    tuples = [target for target in node.targets if isinstance(target, ast.Tuple | ast.List)]
    return any({ast.unparse(name) for name in target.elts} != values for target in tuples)


def tuple_assignments(sources: Sequence[Source]) -> Figure:
    """Count the assignments of several unrelated values, for each 1,000 code lines."""
    places = [
        source.place(node.lineno)
        for source in sources
        for node in source.nodes
        if isinstance(node, ast.Assign) and is_unrelated(node)
    ]
    return Figure(1000 * len(places) / code_lines(sources), places)


def headless_docstrings(sources: Sequence[Source]) -> Figure:
    """Count the docstrings whose first words need the line above."""
    return counted(
        [
            source.place(node.lineno)
            for source in sources
            for node in source.docstrings
            if HEADLESS.match(ast.literal_eval(node.value).strip())
        ]
    )


def array_names(sources: Sequence[Source]) -> set[str]:
    """Return the names of arrays: numpy's, and aliases such as `Samples = Floats32`."""
    names = set(ARRAYS)
    aliases = [
        (node.targets[0].id, names_in(node.value))
        for source in sources
        for node in source.tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Subscript | ast.Name | ast.BinOp)
    ]
    # An alias may stand for another alias of another file.
    for _ in aliases:
        names |= {alias for alias, parts in aliases if parts & names}
    return names


def shapeless(sources: Sequence[Source]) -> Figure:
    """Count the public functions over arrays whose docstring gives neither shape nor unit."""
    arrays = array_names(sources)
    places = []
    for source in sources:
        for function in public_functions(source.tree.body):
            docstring = ast.get_docstring(function) or ""
            is_over_arrays = any(names_in(part) & arrays for part in annotations(function))
            if is_over_arrays and not SHAPE.search(docstring) and not UNIT.search(docstring):
                places.append(source.place(function.lineno, f"{function.name}: {docstring}"))
    return counted(places)


def long_signatures(sources: Sequence[Source]) -> Iterator[tuple[int, str]]:
    """Yield the functions with many parameters: how many, and where."""
    for source in sources:
        for node in source.nodes:
            if isinstance(node, Function) and len(parameters(node)) >= MANY_PARAMETERS:
                yield len(parameters(node)), source.place(node.lineno)


def functions_of_many_parameters(sources: Sequence[Source]) -> Figure:
    """Count the functions with seven parameters or more."""
    return counted([place for _, place in long_signatures(sources)])


def most_parameters(sources: Sequence[Source]) -> Figure:
    """Find the most parameters that a function has."""
    numbers = [
        len(parameters(node))
        for source in sources
        for node in source.nodes
        if isinstance(node, Function)
    ]
    return Figure(max(numbers, default=0), [place for _, place in long_signatures(sources)])


def codec_classes(sources: Sequence[Source]) -> set[str]:
    """Return the names of `Codec` and of the classes that inherit from it."""
    names = {"Codec"}
    classes = [
        node for source in sources for node in source.nodes if isinstance(node, ast.ClassDef)
    ]
    for _ in classes:
        names |= {node.name for node in classes if any(names_in(b) & names for b in node.bases)}
    return names


def asks_kind(node: ast.AST) -> bool:
    """Find a comparison of a kind, a match of it, and a choice by it in a dictionary."""
    match node:
        case ast.Compare():
            sides = [node.left, *node.comparators]
            words = {
                inner.value
                for side in sides
                for inner in ast.walk(side)
                if isinstance(inner, ast.Constant)
            }
            return bool(KINDS & words) and any("kind" in names_in(side) for side in sides)
        case ast.Match():
            # Other things have kinds, too: a prior's is none of the codec's.
            patterns = [inner for case in node.cases for inner in ast.walk(case.pattern)]
            words = {inner.value for inner in patterns if isinstance(inner, ast.Constant)}
            return bool(KINDS & words) and "kind" in names_in(node.subject)
        case ast.Subscript(value=ast.Dict()):
            return "kind" in names_in(node.slice)
    return False


def asks_class(node: ast.AST, classes: set[str]) -> bool:
    """Find an `isinstance` of a codec's class."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, wanted]):
            return bool(names_in(wanted) & classes)
    return False


def kind_questions(sources: Sequence[Source]) -> Figure:
    """Count the questions "sound or image?" outside the codec's package."""
    classes = codec_classes(sources)
    return counted(
        [
            source.place(node.lineno)
            for source in sources
            for node in source.nodes
            if (source.path.parts[0] != "codec" and asks_class(node, classes))
            or (source.path.parts[0] not in OWN_KIND and asks_kind(node))
        ]
    )


def long_functions(sources: Sequence[Source]) -> Figure:
    """Count the functions with too many code lines."""
    places = []
    for source in sources:
        for node in source.nodes:
            if isinstance(node, Function):
                length = len(source.code_between(node.lineno, node.end_lineno or node.lineno))
                if length > FUNCTION_LINES:
                    places.append(source.place(node.lineno, f"{length} lines: {node.name}"))
    return counted(places)


def long_files(sources: Sequence[Source]) -> Figure:
    """Count the files that are too long."""
    long = [source for source in sources if len(source.lines) > FILE_LINES]
    return counted([f"{len(source.lines):5}  {source.path}" for source in long])


def all_lines(sources: Sequence[Source]) -> Figure:
    """Count the lines of all files: code, comments, docstrings and blank lines."""
    lengths = sorted(((len(source.lines), str(source.path)) for source in sources), reverse=True)
    return Figure(sum(n for n, _ in lengths), [f"{n:5}  {path}" for n, path in lengths])
