import os
import signal
import time

import pytest

from sonovae.errors import Unreadable
from sonovae.runtime import sandbox


def decode(what: str) -> str:
    """Stands for a decoder, which a file makes crash, hang, or refuse."""
    if what == "crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "hang":
        time.sleep(60)
    if what == "damaged":
        raise Unreadable("damaged")
    return what


def test_a_crash_or_a_hang_costs_one_file() -> None:
    results = list(
        sandbox.each(decode, ["a", "crash", "b", "hang", "damaged", "c"], most_seconds=3)
    )
    assert [str(result) for result in results] == [
        "a",
        "damaged: its decoder crashed (exit code -11)",
        "b",
        "its decoder did not end in 3 s",
        "damaged",
        "c",
    ]


def test_any_other_exception_is_raised() -> None:
    with pytest.raises(ZeroDivisionError):
        list(sandbox.each(divide, [1, 0], most_seconds=30))


def divide(by: int) -> float:
    return 1 / by
