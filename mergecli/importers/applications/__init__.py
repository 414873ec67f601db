"""The models of `keras.applications`, known without Keras: their arguments, and the layers that these make.

What stands here is what Keras 3.8 and all later versions make with `channels_last`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mergecli.importers.applications.base import Application

#: The constructors of each family, which is loaded when one of them is needed.
FAMILIES = {
    "vgg": "VGG16 VGG19",
    "resnet": "ResNet50 ResNet101 ResNet152 ResNet50V2 ResNet101V2 ResNet152V2",
    "densenet": "DenseNet121 DenseNet169 DenseNet201",
    "mobilenet": "MobileNet MobileNetV2 MobileNetV3Small MobileNetV3Large",
    "efficientnet": "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7",
    "efficientnet_v2": (
        "EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2S EfficientNetV2M EfficientNetV2L"
    ),
    "convnext": "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge",
    "inception": "InceptionV3 InceptionResNetV2",
    "nasnet": "NASNetMobile NASNetLarge",
    "xception": "Xception",
}
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
