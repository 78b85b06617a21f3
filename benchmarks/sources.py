"""Python files as `make structure` looks at them: lines, tokens, syntax and docstrings."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """A file of the tree, with its path relative to the tree's root."""

    path: Path
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Syntax tree of the file."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node of the syntax tree."""
        return list(ast.walk(self.tree))

    @cached_property
    def lines(self) -> list[str]:
        """Lines of the file, without their ends."""
        return self.text.splitlines()

    @cached_property
    def tokens(self) -> list[tokenize.TokenInfo]:
        """Tokens of the file."""
        return list(tokenize.generate_tokens(io.StringIO(self.text).readline))

    @cached_property
    def docstrings(self) -> list[ast.Expr]:
        """Statements that are only a string."""
        return [
            node
            for node in self.nodes
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ]

    @cached_property
    def not_code(self) -> set[int]:
        """Numbers of the lines that hold only a comment or a part of a docstring."""
        comments = {token.start[0] for token in self.tokens if token.type == tokenize.COMMENT}
        numbers = {number for number in comments if self.line(number).startswith("#")}
        for node in self.docstrings:
            numbers.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
        return numbers

    @cached_property
    def code(self) -> list[str]:
        """Code lines without their indentation."""
        return self.code_between(1, len(self.lines))

    def code_between(self, first: int, last: int) -> list[str]:
        """Return the code lines from one line's number to another's, both included."""
        numbers = range(first, last + 1)
        return [self.line(n) for n in numbers if self.line(n) and n not in self.not_code]

    def line(self, number: int) -> str:
        """Return a line by its number, from 1, without the spaces around it."""
        return self.lines[number - 1].strip()

    def place(self, number: int, text: str = "") -> str:
        """Return a line of the file as path, number and what stands there."""
        return f"{self.path}:{number}  {(text or self.line(number))[:90]}"


def names_in(node: ast.AST) -> set[str]:
    """Return the names in an expression, those in quoted annotations too."""
    names = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            names.add(inner.id)
        elif isinstance(inner, ast.Attribute):
            names.add(inner.attr)
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            names.update(re.findall(r"\w+", inner.value))
    return names


def public_functions(body: Sequence[ast.stmt]) -> Iterator[Function]:
    """Yield the public functions of a module, and the methods of its public classes."""
    for node in body:
        if isinstance(node, Function) and not node.name.startswith("_"):
            yield node
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node.body)


def parameters(function: Function) -> list[ast.arg]:
    """Return the parameters of a function, without `self` and `cls`."""
    given = function.args
    arguments = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return arguments[1:] if arguments and arguments[0].arg in {"self", "cls"} else arguments


def annotations(function: Function) -> list[ast.expr]:
    """Return the annotations of a function's parameters and of what it returns."""
    annotated = [argument.annotation for argument in parameters(function)]
    return [annotation for annotation in (*annotated, function.returns) if annotation]


def read(root: Path) -> list[Source]:
    """Read all files of a tree."""
    paths = sorted(root.rglob("*.py"))
    return [Source(path.relative_to(root), path.read_text(encoding="utf-8")) for path in paths]
