"""The names of the models of `keras.applications`."""

from __future__ import annotations

#: The constructors of each family, the module of `importers.applications` that makes them.
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


def is_application(name: str) -> bool:
    """Whether `keras.applications` has a constructor.

    >>> is_application("MobileNetV2"), is_application("MobileNetV9")
    (True, False)
    """
    return any(name in members.split() for members in FAMILIES.values())
