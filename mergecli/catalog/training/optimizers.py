"""Optimizers, written under `compile:` as `optimizer: {Adam: {learning_rate: 1e-3}}`."""

import re
from typing import TYPE_CHECKING, Annotated, Any, Iterator, Optional, Tuple

from mergecli.catalog.arguments import ArgumentError, Integer, Number, ScopeName, Words
from mergecli.catalog.fields import Flag, Object, Real
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.list_arguments import List

if TYPE_CHECKING:
    from mergecli.catalog.json_values import JsonDict


class Named(Object):
    """An optimizer, by its name in any case or as `{Class: {argument: value}}`. Keras has no name for `Lamb`."""

    def __init__(self) -> None:
        super().__init__("optimizer", NAMES, none=False)
        self.folded = [name.lower() for name in NAMES]


class Rate(Object):
    """A learning rate: a decimal number, as Keras takes no whole one, or a schedule."""

    def __init__(self) -> None:
        super().__init__(
            "schedule", none=False, words="a decimal number or a learning-rate schedule"
        )

    def check(self, value: object) -> object:
        return value if type(value) is float else super().check(value)

    def schema(self) -> "JsonDict":
        return {"anyOf": [{"type": "number"}, super().schema()]}


class Pattern(Words):
    """A text that is a regular expression."""

    def __init__(self) -> None:
        super().__init__()
        self.words = "a regular expression"

    def check(self, value: object) -> object:
        """Return the regular expression.

        Raises:
            ArgumentError: It is not one.
        """
        try:
            re.compile(str(super().check(value)))
        except (re.error, OverflowError, RecursionError):
            raise self.refuse("wrong-value") from None
        return value


class Inner(Object):
    """An optimizer inside of another one, which Keras takes as an object and not by its name; `without` cannot be used there."""

    definition = "inner-optimizer"

    def __init__(self, without: Tuple[str, ...] = ()) -> None:
        super().__init__(
            "optimizer", none=False, words="an optimizer written as a class, such as `{Adam: {}}`"
        )
        self.without = without

    def check(self, value: object) -> object:
        """Return the optimizer.

        Raises:
            ArgumentError: It is not one, or one that cannot be used here.
        """
        if type(super().check(value)).__name__ in self.without:
            raise ArgumentError(f"cannot be a `{type(value).__name__}`")
        return value


class ByPath(Inner):
    """A mapping from variables, by a regular expression for their paths, to optimizers."""

    keyed = True

    def schema(self) -> "JsonDict":
        return {"type": ["object", "null"], "additionalProperties": super().schema()}

    def __init__(self, without: Tuple[str, ...]) -> None:
        super().__init__(without)
        self.words = (
            "a mapping from regular expressions for the paths of variables to optimizers, or null"
        )
        self.pattern = Pattern()

    def check(self, value: object) -> object:
        """Return the mapping.

        Raises:
            ArgumentError: It is not one from regular expressions to optimizers.
        """
        if value is None:
            return value
        if not isinstance(value, dict):
            raise self.refuse()
        for path, optimizer in value.items():
            try:
                self.pattern.check(path)
                super().check(optimizer)
            except ArgumentError as problem:
                raise ArgumentError(
                    f"`{path}` {problem.message}", code=problem.code, path=(path,)
                ) from None
        return value


NAMES = tuple(
    "SGD RMSprop Adam AdamW Adadelta Adagrad Adamax Adafactor Nadam Ftrl Lion Muon ScheduleFreeAdamW".split()
)

#: What has its own way with variables or losses, and fits into no map.
OUTER = ("LossScaleOptimizer", "MultiOptimizer")

Bound = Annotated[Optional[float], Number(none=True)]
Steps = Annotated[Optional[int], Integer(none=True)]
LearningRate = Annotated[Any, Rate()]
Strength = Annotated[float, Number(0)]
Name = Annotated[Optional[str], ScopeName(root=True)]


class Optimizer(KerasObject, abstract=True):
    """The base of all optimizers, which update weights by their gradients."""

    role = "optimizer"
    module = "optimizers"

    weight_decay: Bound = None
    clipnorm: Bound = None
    clipvalue: Bound = None
    global_clipnorm: Bound = None
    use_ema: Flag = False
    ema_momentum: Real = 0.99
    ema_overwrite_frequency: Steps = None
    loss_scale_factor: Bound = None
    gradient_accumulation_steps: Annotated[Optional[int], Integer(2, none=True, also=(0,))] = None
    name: Name = None

    def check(self) -> Iterator[ArgumentError]:
        clips = [
            name
            for name in ("clipnorm", "clipvalue", "global_clipnorm")
            if getattr(self, name, None) is not None
        ]
        for name in clips[1:]:
            yield ArgumentError(
                f"cannot be combined with `{clips[0]}`: gradients are clipped in one way",
                argument=name,
            )
        if self.use_ema:
            if not 0 <= self.ema_momentum <= 1:
                yield ArgumentError("must be a number from 0 to 1", argument="ema_momentum")
            if self.ema_overwrite_frequency is not None and self.ema_overwrite_frequency < 0:
                yield ArgumentError(
                    "must be a positive integer or null", argument="ema_overwrite_frequency"
                )


# The arguments of every optimizer follow those of a class, so that a single value is the learning rate.
Optimizer.common = dict(Optimizer.arguments)


class SGD(Optimizer):
    """Along the gradient, with momentum where it is given."""

    learning_rate: LearningRate = 0.01
    momentum: Annotated[float, Number(0, 1, decimal=True)] = 0.0
    nesterov: Flag = False


class RMSprop(Optimizer):
    """Steps divided by a running mean of the gradients' size."""

    learning_rate: LearningRate = 0.001
    rho: Real = 0.9
    momentum: Real = 0.0
    epsilon: Real = 1e-7
    centered: Flag = False


class Adam(Optimizer):
    """Running means of the gradients and of their squares (Kingma and Ba, 2014)."""

    learning_rate: LearningRate = 0.001
    beta_1: Real = 0.9
    beta_2: Real = 0.999
    epsilon: Real = 1e-7
    amsgrad: Flag = False


class AdamW(Optimizer):
    """Adam with a decay of weights that does not go through the gradients (Loshchilov and Hutter, 2017)."""

    learning_rate: LearningRate = 0.001
    weight_decay: Real = 0.004
    beta_1: Real = 0.9
    beta_2: Real = 0.999
    epsilon: Real = 1e-7
    amsgrad: Flag = False


class Adadelta(Optimizer):
    """Steps that adapt to a window of gradients (Zeiler, 2012)."""

    learning_rate: LearningRate = 0.001
    rho: Real = 0.95
    epsilon: Real = 1e-7


class Adagrad(Optimizer):
    """Steps that shrink where a weight is updated often (Duchi et al., 2011)."""

    learning_rate: LearningRate = 0.001
    initial_accumulator_value: Real = 0.1
    epsilon: Real = 1e-7


class Adamax(Optimizer):
    """Adam by the largest gradient instead of their squares (Kingma and Ba, 2014)."""

    learning_rate: LearningRate = 0.001
    beta_1: Real = 0.9
    beta_2: Real = 0.999
    epsilon: Real = 1e-7


class Adafactor(Optimizer):
    """Adaptive steps with little memory, for large models (Shazeer and Stern, 2018)."""

    learning_rate: LearningRate = 0.001
    beta_2_decay: Real = -0.8
    epsilon_1: Real = 1e-30
    epsilon_2: Real = 0.001
    clip_threshold: Real = 1.0
    relative_step: Flag = True


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2015)."""

    learning_rate: LearningRate = 0.001
    beta_1: Real = 0.9
    beta_2: Real = 0.999
    epsilon: Real = 1e-7


class Ftrl(Optimizer):
    """Follow the regularized leader, for wide and shallow models (McMahan et al., 2013)."""

    learning_rate: LearningRate = 0.001
    learning_rate_power: Annotated[float, Number(high=0)] = -0.5
    initial_accumulator_value: Strength = 0.1
    l1_regularization_strength: Strength = 0.0
    l2_regularization_strength: Strength = 0.0
    l2_shrinkage_regularization_strength: Strength = 0.0
    beta: Real = 0.0


class Lion(Optimizer):
    """Along the sign of a running mean, with half of Adam's memory (Chen et al., 2023)."""

    learning_rate: LearningRate = 0.001
    beta_1: Annotated[float, Number(0, 1, above=True)] = 0.9
    beta_2: Real = 0.99


class Lamb(Optimizer):
    """Adam with steps in proportion to each layer's weights, for large batches (You et al., 2019)."""

    learning_rate: LearningRate = 0.001
    beta_1: Real = 0.9
    beta_2: Real = 0.999
    epsilon: Real = 1e-7


class Muon(Optimizer):
    """Orthogonalized momentum for matrices, AdamW for everything else (Jordan, 2024)."""

    since = "3.10"
    newer = {"adam_weight_decay": "3.13", "rms_rate": "3.13"}

    learning_rate: LearningRate = 0.001
    adam_beta_1: Real = 0.9
    adam_beta_2: Real = 0.999
    adam_weight_decay: Bound = 0.004
    epsilon: Real = 1e-7
    weight_decay: Bound = 0.004
    exclude_layers: Annotated[Any, List(Pattern(), "regular expressions", none=True)] = None
    exclude_embeddings: Flag = True
    muon_a: Real = 3.4445
    muon_b: Real = -4.7750
    muon_c: Real = 2.0315
    adam_lr_ratio: Real = 1
    momentum: Real = 0.95
    ns_steps: Annotated[int, Integer()] = 5
    nesterov: Flag = True
    rms_rate: Bound = 0.2


class ScheduleFreeAdamW(Optimizer):
    """AdamW that averages its way and needs no schedule (Defazio et al., 2024)."""

    since = "3.14"

    learning_rate: LearningRate = 0.0025
    beta_1: Real = 0.9
    beta_2: Real = 0.999
    epsilon: Real = 1e-8
    warmup_steps: Annotated[int, Integer()] = 0


class LossScaleOptimizer(Optimizer):
    """Another optimizer, with losses scaled so that small gradients survive in 16 bits."""

    without = tuple(name for name in Optimizer.arguments if name != "name")

    inner_optimizer: Annotated[Any, Inner()]
    initial_scale: Real = 2.0**15
    dynamic_growth_steps: Annotated[int, Integer()] = 2000

    def check(self) -> Iterator[ArgumentError]:
        return iter(())


class OptimizerMap(KerasObject):
    """Which variables have an optimizer of their own."""

    role = "optimizer map"
    module = "optimizers"
    since = "3.15"

    default_optimizer: Annotated[Any, Inner(OUTER)]
    optimizer_map: Annotated[Any, ByPath(OUTER)] = None


class MultiOptimizer(Optimizer):
    """Several optimizers, each for some of the variables."""

    since = "3.15"
    without = tuple(
        name for name in Optimizer.arguments if name not in ("loss_scale_factor", "name")
    )

    optimizer_map: Annotated[Any, Object("optimizer map", none=False)]

    def check(self) -> Iterator[ArgumentError]:
        return iter(())
