"""The models of `keras.applications`, known without Keras: their arguments, and the layers that these make.

What stands here is what Keras 3.8 and all later versions make with `channels_last`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mergecli.catalog.application_names import FAMILIES

if TYPE_CHECKING:
    from mergecli.importers.applications.base import Application

_HOMES = {name: family for family, members in FAMILIES.items() for name in members.split()}


def names() -> list[str]:
    """The constructors of `keras.applications`, as Keras spells them."""
    return list(_HOMES)


def find(name: str) -> type[Application] | None:
    """The kind of a constructor; None when there is none of that name.

    >>> find("MobileNetV2")(alpha=0.5).saved().name, find("MobileNetV9")
    ('mobilenetv2_0.50_224', None)
    """
    family = _HOMES.get(name)
    if family is None:
        return None
    kind: type[Application] = getattr(
        import_module(f"mergecli.importers.applications.{family}"), name
    )
    return kind
