"""Learning-rate schedules: what stands in `learning_rate` as `{CosineDecay: {initial_learning_rate: 0.1, decay_steps: 1000}}`."""

from typing import Annotated, Any, Iterator, Optional

from mergecli.catalog.arguments import ArgumentError, Number, ScopeName
from mergecli.catalog.fields import Flag, Real
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.list_arguments import List

Steps = Annotated[float, Number(0, above=True)]
Numbers = Annotated[Any, List(Number(), "numbers")]
Name = Annotated[str, ScopeName(none=False)]


class Schedule(KerasObject, abstract=True):
    """How the learning rate changes from step to step."""

    role = "schedule"
    module = "optimizers.schedules"


class ExponentialDecay(Schedule):
    """Multiplied by `decay_rate` in each `decay_steps` steps."""

    initial_learning_rate: Real
    decay_steps: Steps
    decay_rate: Real
    staircase: Flag = False
    name: Name = "ExponentialDecay"


class InverseTimeDecay(Schedule):
    """Divided by one plus `decay_rate` for each `decay_steps` steps."""

    initial_learning_rate: Real
    decay_steps: Steps
    decay_rate: Real
    staircase: Flag = False
    name: Name = "InverseTimeDecay"


class PolynomialDecay(Schedule):
    """Down to `end_learning_rate` along a polynomial."""

    initial_learning_rate: Real
    decay_steps: Steps
    end_learning_rate: Real = 0.0001
    power: Real = 1.0
    cycle: Flag = False
    name: Name = "PolynomialDecay"


class PiecewiseConstantDecay(Schedule):
    """One value up to each boundary, and one after the last."""

    boundaries: Numbers
    values: Numbers
    name: Name = "PiecewiseConstant"

    def check(self) -> Iterator[ArgumentError]:
        if len(self.values) != len(self.boundaries) + 1:
            message = f"must have one value more than `boundaries`, {len(self.boundaries) + 1}, found {len(self.values)}"
            yield ArgumentError(message, argument="values")


class CosineDecay(Schedule):
    """Down along half a wave, after a linear rise where `warmup_target` is given."""

    initial_learning_rate: Real
    decay_steps: Steps
    alpha: Real = 0.0
    name: Name = "CosineDecay"
    warmup_target: Annotated[Optional[float], Number(none=True)] = None
    warmup_steps: Real = 0


class CosineDecayRestarts(Schedule):
    """Down along half a wave, again and again, each `t_mul` times as long and `m_mul` times as high."""

    # An integer would make all the arithmetic that follows one of integers.
    initial_learning_rate: Annotated[float, Number(decimal=True)]
    first_decay_steps: Steps
    t_mul: Real = 2.0
    m_mul: Real = 1.0
    alpha: Real = 0.0
    name: Name = "SGDRDecay"
