"""The split of clips into training, validation and test, by whole groups; and how many of them train."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sonovae.errors import UserError
from sonovae.params.preprocess import Split
from sonovae.params.rules import Limit
from sonovae.recordings import selection

SIDES = ("train", "validation", "test")


def sides(clips: pd.DataFrame, p: Split) -> "pd.Series[str]":
    """Each clip's side. `clips` holds its group, and the columns by which test or validation may be named.

    UserError where there are too few groups, a side is empty, or a group stands on two sides.
    """
    found = pd.Series("", index=clips.index)
    for side, wanted in (("test", p.test), ("validation", p.validation)):
        if isinstance(wanted, Mapping):
            found[selection.matches(clips, wanted, f"preprocess.split.{side}") & (found == "")] = (
                side
            )
    _check_named(found, clips["group"], p)
    rest = found == ""
    found[rest] = clips["group"][rest].map(of_groups(set(clips["group"][rest]), p))
    return found


def of_groups(groups: set[str], p: Split) -> dict[str, str]:
    """Each group's side, by the rank of its hash, so that a new one leaves nearly all others where they were; of sides
    that are shares of the groups, and training."""
    shares = {side: share for side in SIDES[1:] if isinstance(share := getattr(p, side), float)}
    if len(groups) <= len(shares):
        raise UserError(
            f"the split needs at least {len(shares) + 1} groups, one each for {', '.join(['train', *shares])}, and"
            f" the clips are of {len(groups)}: {', '.join(sorted(groups))}. Add recordings, or let fetch.pattern name"
            " smaller groups"
        )
    sides: list[str] = []
    for n, (side, share) in enumerate(reversed(shares.items()), start=1):
        most = (
            len(groups) - len(sides) - (len(shares) + 1 - n)
        )  # one group at least for each of the others
        sides += [side] * min(max(1, round(share * len(groups))), most)
    return dict(
        zip(
            selection.ranked(groups, p.seed),
            sides + ["train"] * (len(groups) - len(sides)),
            strict=True,
        )
    )


def _check_named(sides: "pd.Series[str]", groups: "pd.Series[str]", p: Split) -> None:
    for side in SIDES[1:]:
        if isinstance(named := getattr(p, side), Mapping) and not (sides == side).any():
            raise UserError(f"preprocess.split.{side} = {dict(named)}: no clip is named so")
    torn = sides.groupby(groups).nunique()
    if (torn > 1).any():
        name = torn.index[torn > 1][0]
        raise UserError(
            f"preprocess.split puts a part of the group {name!r} on another side than the rest: let it name whole"
            " groups, or let fetch.pattern name smaller ones"
        )


def within(table: pd.DataFrame, limit: Limit | None) -> NDArray[np.bool_]:
    """[N] which clips stay where the training split has a limit."""
    keys = table["sha256"] + ":" + table["item"].astype(str) + ":" + table["start"].astype(str)
    train = table["split"] == "train"
    return np.asarray(~train | keys.isin(selection.limited(list(keys[train]), limit)))
