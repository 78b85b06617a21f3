"""`make structure`: how the source is built, as figures with limits; a test keeps the limits."""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import measures
from benchmarks.measures import Figure
from benchmarks.sources import Source, read

SOURCE = Path(__file__).parents[1] / "src" / "sonovae"


@dataclass(frozen=True)
class Row:
    """A row of the table: what is measured, and its highest or lowest value."""

    name: str
    measure: Callable[[Sequence[Source]], Figure]
    limit: float
    at_least: bool = False

    def holds(self, value: float) -> bool:
        """Compare a value with the limit."""
        return value >= self.limit if self.at_least else value <= self.limit


ROWS = [
    Row("modules in the fullest folder", measures.fullest_folder, 16),
    Row("mean characters of a code line", measures.code_characters, 38),
    Row(f"lines over {measures.COLUMNS} columns", measures.wide_lines, 0),
    Row("comments per 1,000 code lines", measures.comments, 40, at_least=True),
    Row(
        "tuple assignments of unrelated values per 1,000 code lines", measures.tuple_assignments, 3
    ),
    Row("docstrings that begin with a pronoun or possessive", measures.headless_docstrings, 0),
    Row("public functions over arrays without shape or unit", measures.shapeless, 5),
    Row("functions with seven or more parameters", measures.functions_of_many_parameters, 3),
    Row("most parameters of a function", measures.most_parameters, 7),
    Row('questions "sound or image?" outside the codec', measures.kind_questions, 0),
    Row(f"functions over {measures.FUNCTION_LINES} code lines", measures.long_functions, 0),
    Row(f"files over {measures.FILE_LINES} lines", measures.long_files, 0),
    Row("lines in all", measures.all_lines, 12_914),
]
"""What `make structure` prints. The last limit is 110 % of what the packages had as one folder."""


def table(sources: Sequence[Source]) -> list[str]:
    """Return the lines of the table: figure, limit, whether it holds, and what it is."""
    lines = []
    for number, row in enumerate(ROWS, 1):
        value = row.measure(sources).value
        limit = f"{'≥' if row.at_least else '≤'} {row.limit:,}"
        verdict = "holds" if row.holds(value) else "FAILS"
        lines.append(f"{number:2}  {value:9,.1f}  {limit:>8}  {verdict}  {row.name}")
    return lines


def main(words: Sequence[str]) -> None:
    """Print the table, and the places that some rows count."""
    parser = argparse.ArgumentParser(prog="make structure", description=__doc__)
    parser.add_argument("rows", nargs="*", type=int, help="numbers of rows to show the places of")
    wanted = parser.parse_args(words).rows
    sources = read(SOURCE)
    print("\n".join(table(sources)))
    for number in wanted:
        row = ROWS[number - 1]
        print(f"\n{row.name}:", *row.measure(sources).places, sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
