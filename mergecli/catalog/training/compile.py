"""What `keras.Model.compile` accepts, argument by argument."""

from mergecli.catalog.arguments import Argument, Choice, Integer, Number, Truth
from mergecli.catalog.training import losses, metrics, optimizers

#: The arguments that are plain values.
OPTIONS: dict[str, Argument] = {
    "run_eagerly": Truth(),
    "steps_per_execution": Integer(1),
    "jit_compile": Choice(True, False, "auto"),
    "auto_scale_loss": Truth(),
}
KEYS = ("optimizer", "loss", "loss_weights", "metrics", "weighted_metrics", *OPTIONS)
OPTIMIZER, LOSS, METRIC = optimizers.Named(), losses.Named(), metrics.Named()
#: One weight for everything must be a decimal number, as Keras looks at its type.
WEIGHT, ONE_WEIGHT = Number(none=True), Number(decimal=True)
