import numpy as np
import pytest

from sonovae.dataset import cuts, tape


def test_slices_are_those_of_an_array(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In memory, and in a file."""
    samples = rng.normal(size=1000).astype(np.float32)
    for limit in (10, 1 << 20):
        monkeypatch.setattr(tape, "IN_MEMORY", limit)
        found = tape.Tape(np.split(samples, [300, 300, 900]))
        assert len(found) == 1000
        assert found.peak == np.abs(samples).max()
        found.gain = 2.0
        for which in (slice(None), slice(10, 20), slice(990, 2000), slice(5, 5), slice(-10, None)):
            np.testing.assert_array_equal(found[which], 2 * samples[which])


@pytest.mark.parametrize("rest", ["drop", "pad"])
@pytest.mark.parametrize("most", [None, 2])
def test_cuts_are_those_of_what_is_joined(
    rng: np.random.Generator, rest: str, most: int | None
) -> None:
    samples = rng.normal(size=1000).astype(np.float32)
    kept = [(0, 7), (20, 21), (30, 300), (990, 1000)]
    joined = np.concatenate([samples[a:b] for a, b in kept])
    padded = (
        np.pad(joined, (0, -len(joined) % 50))
        if rest == "pad"
        else joined[: len(joined) // 50 * 50]
    )
    found = cuts.Cuts(samples, kept, 50, rest=rest, most=most, fade=0)
    np.testing.assert_array_equal(np.stack(list(found)), padded.reshape(-1, 50)[:most])
    numbered = np.concatenate([np.arange(a, b) for a, b in kept])
    assert [found.source(at) for at in range(0, len(joined), 50)] == numbered[::50].tolist()
    with pytest.raises(IndexError):
        found[len(found)]


@pytest.mark.parametrize("most", [None, 2])
def test_a_clip_fades_where_it_is_cut_off_and_nowhere_else(most: int | None) -> None:
    first, *others = cuts.Cuts(
        np.ones(130, np.float32), [(0, 20), (40, 130)], 40, rest="pad", most=most, fade=3
    )
    begins, ends = np.array([0.067, 0.5, 0.933]), np.array([0.933, 0.5, 0.067])
    np.testing.assert_allclose(first, [*np.ones(37), *ends], atol=1e-3)
    np.testing.assert_allclose(others[0], [*begins, *np.ones(34), *ends], atol=1e-3)
    if not most:
        last = [*begins, *np.ones(24), *ends, *np.zeros(10)]
        np.testing.assert_allclose(others[1], last, atol=1e-3)


def test_a_recording_that_fills_its_last_clip_ends_without_a_fade() -> None:
    *_, last = cuts.Cuts(np.ones(80, np.float32), [(0, 80)], 40, rest="pad", most=None, fade=3)
    assert (last[3:] == 1).all()


def test_rest_shorter_than_the_fade_is_faded_whole() -> None:
    *_, last = cuts.Cuts(np.ones(42, np.float32), [(0, 42)], 40, rest="pad", most=None, fade=3)
    np.testing.assert_allclose(last[:2], [0.067 * 0.854, 0.5 * 0.146], atol=1e-3)
    assert not last[2:].any()


def test_nothing_kept_makes_no_cuts() -> None:
    assert list(cuts.Cuts(np.zeros(10, np.float32), [], 5, rest="pad", most=None, fade=1)) == []
