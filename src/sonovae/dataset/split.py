"""Split of clips into training, validation and test, by whole groups; limit of the training."""

from collections.abc import Mapping

import pandas as pd

from sonovae.arrays import Flags
from sonovae.errors import UserError
from sonovae.params.preprocess import Split
from sonovae.params.rules import Limit
from sonovae.recordings import schema, selection

SIDES = ("train", "validation", "test")
"""Sides of the split."""


def sides(clips: pd.DataFrame, settings: Split) -> "pd.Series[str]":
    """Return the side of each row of the clips table; no group is on two."""
    side_of = pd.Series("", index=clips.index)
    # A clip that is named for both sides is tested, which is the stricter use.
    for side in ("test", "validation"):
        wanted = getattr(settings, side)
        if isinstance(wanted, Mapping):
            named = selection.matches(clips, wanted, f"preprocess.split.{side}")
            side_of[named & (side_of == "")] = side
    _check_named(side_of, clips["group"], settings)
    rest = side_of == ""
    groups = clips["group"][rest]
    side_of[rest] = groups.map(of_groups(set(groups), settings))
    return side_of


def of_groups(groups: set[str], settings: Split) -> dict[str, str]:
    """Return the side of each group, for the sides that are shares of the groups."""
    shares = {side: getattr(settings, side) for side in SIDES[1:]}
    shares = {side: share for side, share in shares.items() if isinstance(share, float)}
    sides = ["train", *shares]
    if len(groups) < len(sides):
        raise UserError(
            f"the split needs at least {len(sides)} groups, one each for {', '.join(sides)}, and"
            f" the clips have {len(groups)}: {', '.join(sorted(groups))}. Add recordings, or let"
            " fetch.pattern name smaller groups"
        )
    in_order: list[str] = []
    while len(sides) > 1:
        side = sides.pop()
        # At least one group must be left for each of the other sides.
        most = len(groups) - len(in_order) - len(sides)
        wanted = max(1, round(shares[side] * len(groups)))
        in_order += [side] * min(wanted, most)
    in_order += ["train"] * (len(groups) - len(in_order))
    # Groups are ranked by their hash, so that a new one leaves nearly all where they were.
    return dict(zip(selection.ranked(groups, settings.seed), in_order, strict=True))


def _check_named(side_of: "pd.Series[str]", groups: "pd.Series[str]", settings: Split) -> None:
    for side in SIDES[1:]:
        wanted = getattr(settings, side)
        if isinstance(wanted, Mapping) and not (side_of == side).any():
            raise UserError(f"preprocess.split.{side} = {dict(wanted)}: no clip is named so")
    n_sides = side_of.groupby(groups).nunique()
    torn = n_sides.index[n_sides > 1]
    if len(torn):
        raise UserError(
            f"preprocess.split puts a part of the group {torn[0]!r} on another side than the rest:"
            " let it name whole groups, or let fetch.pattern name smaller ones"
        )


def within(table: pd.DataFrame, limit: Limit | None) -> Flags:
    """Return which rows [N] remain if the training split may have a limited number of clips."""
    text = table[schema.CLIP_KEY].astype(str)
    keys = text["sha256"] + ":" + text["item"] + ":" + text["start"]
    is_train = table["split"] == "train"
    return (~is_train | keys.isin(selection.limited(list(keys[is_train]), limit))).to_numpy(bool)
