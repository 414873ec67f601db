"""Names that Keras has for one thing: activation functions and initializers under several names."""

from typing import Optional

#: Activation functions that do nothing, or have two names.
_ACTIVATIONS = {"linear": None, "swish": "silu", "hard_swish": "hard_silu"}
#: Initializers whose names are not those of their classes, both without case and underscores.
_INITIALIZERS = {
    "normal": "randomnormal",
    "uniform": "randomuniform",
    "one": "ones",
    "zero": "zeros",
}


def activation_name(name: str) -> Optional[str]:
    """Return the one name of an activation function; None where it changes nothing.

    >>> activation_name("swish"), activation_name("relu"), activation_name("linear")
    ('silu', 'relu', None)
    """
    return _ACTIVATIONS.get(name, name)


def class_key(name: str) -> str:
    """Return what the names of an initializer, regularizer or the like have in common with that of its class.

    >>> class_key("he_normal"), class_key("HeNormal"), class_key("normal")
    ('henormal', 'henormal', 'randomnormal')
    """
    key = name.replace("_", "").lower()
    return _INITIALIZERS.get(key, key)
