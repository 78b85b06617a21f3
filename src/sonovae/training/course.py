"""A training as `loop.run` takes it: what learns, from which batches, and for how long."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from sonovae.training.batches import Batches
from sonovae.training.state import Losses, State


class Course(ABC):
    """A compiled model, its batches of each epoch, and what is kept of them."""

    stage: ClassVar[str]
    """Name of the training in what is shown and logged."""
    advice: ClassVar[str]
    """Words that say what to change if the loss is no longer a number."""
    model: Any
    epochs: int
    patience: int | None = None
    """Epochs without a lower validation loss that end the training; None for no early end."""

    @abstractmethod
    def batches(self, epoch: int, first: int) -> Batches:
        """Return the batches of an epoch, counted from 0, from number `first` on."""

    @abstractmethod
    def held_out(self) -> Batches | None:
        """Return the batches of clips that the model does not learn from; None if `after_epoch`
        adds the validation loss."""

    @abstractmethod
    def begin(self) -> None:
        """Initialise the weights of a new training."""

    @abstractmethod
    def begin_epoch(self, epoch: int) -> None:
        """Set what depends on the epoch, counted from 0, such as the seed of noise."""

    def after_epoch(self, state: State, losses: Losses) -> State:
        """Return the state after one more epoch, whose losses may gain other figures."""
        return state.after(losses)

    def keeps(self, state: State) -> list[str]:
        """Return the names under which the weights of the last epoch are kept."""
        return ["best"] if state.best == state.epoch else []
