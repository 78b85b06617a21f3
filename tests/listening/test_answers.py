"""Answers of a listening study are kept, each of them, once."""

import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from sonovae.errors import UserError
from sonovae.listening import pool
from sonovae.listening.answers import Answers
from tests.making.small_study import answers, rate_all, write_pool

EACH = 4


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write_pool(tmp_path, EACH)


def test_answers_outlive_a_crash_and_go_on_where_they_were(study: Path) -> None:
    ids = list(pool.load(study).sounds["id"])
    kept = Answers(study, ids)
    token = kept.begin()
    first, second = kept.order(token)[:2]
    assert sorted(kept.order(token)) == ids != kept.order(token)
    assert kept.order(token) != kept.order(kept.begin())
    for question, rating in (("quality", 2), ("expressiveness", 5), ("quality", 4)):
        kept.rate(token, first, question, rating)
    kept.advance(token, first)
    kept.rate(token, second, "quality", 1)
    crashed = shutil.copytree(
        study, study / "crashed", ignore=shutil.ignore_patterns("pool", "crashed")
    )
    again = Answers(study, ids)
    place = again.place(token)
    assert (place.done, place.of, place.sound, place.ratings) == (
        1,
        5 * EACH,
        second,
        {"quality": 1},
    )
    assert sorted(again.table()["rating"]) == [1, 4, 5]
    pd.testing.assert_frame_equal(
        Answers(crashed, ids).table(), again.table()
    )  # as the disk had it
    assert again.listeners() == (2, 0)


def test_what_cannot_be_answered(study: Path) -> None:
    kept = answers(study)
    token = kept.begin()
    first, second = kept.order(token)[:2]
    for rating in (0, 6, 2.5, "3", None, True):
        with pytest.raises(UserError, match="must be a whole number from 1 to 5"):
            kept.rate(token, first, "quality", rating)
    with pytest.raises(UserError, match="sound 'nothing' is not in the pool"):
        kept.rate(token, "nothing", "quality", 3)
    with pytest.raises(UserError, match=f"sound {second} is not the current one, which is {first}"):
        kept.rate(token, second, "quality", 3)
    with pytest.raises(
        UserError, match="question = 'beauty': must be one of quality, expressiveness"
    ):
        kept.rate(token, first, "beauty", 3)
    with pytest.raises(UserError, match="listener 'somebody ' is not known"):
        kept.rate("somebody else", first, "quality", 3)
    kept.rate(token, first, "quality", 3)
    with pytest.raises(UserError, match="Expressiveness of this sound: not rated yet"):
        kept.advance(token, first)
    assert len(kept.table()) == 1


def test_one_listener_rates_once(study: Path) -> None:
    token = rate_all(study, {})
    kept = answers(study)
    last = kept.order(token)[-1]
    with pytest.raises(UserError, match="has rated all 20 sounds: each listener takes part once"):
        kept.rate(token, last, "quality", 5)
    with pytest.raises(UserError, match="each listener takes part once"):
        kept.advance(token, last)
    assert set(kept.table()["rating"]) == {3}
    assert kept.listeners() == (1, 1)


def test_nothing_personal_is_kept(study: Path) -> None:
    rate_all(study, {})
    base = sqlite3.connect(study / "study/answers.sqlite")
    columns = {
        name: [row[1] for row in base.execute(f"pragma table_info({name})")]
        for name in ("listeners", "answers")
    }
    ((day,),) = base.execute("select day from listeners")
    base.close()
    assert columns == {
        "listeners": ["listener", "day", "rated"],
        "answers": ["listener", "sound", "question", "rating"],
    }
    assert len(day) == len("2000-01-01")


def test_listeners_at_the_same_time(study: Path) -> None:
    """Each of them opens the database anew, which is not there yet."""
    with ThreadPoolExecutor(8) as threads:
        tokens = list(threads.map(lambda _: rate_all(study, {}), range(8)))
    assert len(answers(study).table()) == 8 * 5 * EACH * 2
    assert len(set(tokens)) == 8
