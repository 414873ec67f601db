# The model "transfer", written by mergecli.

import keras
from keras import layers

# Branch image
input_layer = keras.Input(shape=(96, 96, 3), name="input_layer")
image = layers.Conv2D(
    16,
    kernel_size=(3, 3),
    strides=(2, 2),
    padding="same",
    use_bias=False,
    trainable=False,
    name="Conv1",
)(input_layer)
image = layers.BatchNormalization(
    momentum=0.999,
    trainable=False,
    name="bn_Conv1",
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="Conv1_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3),
    padding="same",
    use_bias=False,
    trainable=False,
    name="expanded_conv_depthwise",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="expanded_conv_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0, trainable=False, name="expanded_conv_depthwise_relu"
)(image)
image = layers.Conv2D(
    8,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="expanded_conv_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="expanded_conv_project_BN"
)(image)
image = layers.Conv2D(
    48,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_1_expand",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_1_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_1_expand_relu")(image)
image = layers.ZeroPadding2D(
    padding=[[0, 1], [0, 1]], trainable=False, name="block_1_pad"
)(image)
image = layers.DepthwiseConv2D(
    (3, 3), strides=(2, 2), use_bias=False, trainable=False, name="block_1_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_1_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_1_depthwise_relu",
)(image)
image = layers.Conv2D(
    16,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_1_project",
)(image)
block_1_project_bn = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_1_project_BN"
)(image)
image = layers.Conv2D(
    96,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_2_expand",
)(block_1_project_bn)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_2_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_2_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_2_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_2_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_2_depthwise_relu",
)(image)
image = layers.Conv2D(
    16,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_2_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_2_project_BN"
)(image)
image = layers.Add(trainable=False, name="block_2_add")([block_1_project_bn, image])
image = layers.Conv2D(
    96,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_3_expand",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_3_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_3_expand_relu")(image)
image = layers.ZeroPadding2D(
    padding=[[0, 1], [0, 1]], trainable=False, name="block_3_pad"
)(image)
image = layers.DepthwiseConv2D(
    (3, 3), strides=(2, 2), use_bias=False, trainable=False, name="block_3_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_3_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_3_depthwise_relu",
)(image)
image = layers.Conv2D(
    16,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_3_project",
)(image)
block_3_project_bn = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_3_project_BN"
)(image)
image = layers.Conv2D(
    96,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_4_expand",
)(block_3_project_bn)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_4_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_4_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_4_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_4_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_4_depthwise_relu",
)(image)
image = layers.Conv2D(
    16,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_4_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_4_project_BN"
)(image)
block_4_add = layers.Add(trainable=False, name="block_4_add")(
    [block_3_project_bn, image]
)
image = layers.Conv2D(
    96,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_5_expand",
)(block_4_add)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_5_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_5_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_5_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_5_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_5_depthwise_relu",
)(image)
image = layers.Conv2D(
    16,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_5_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_5_project_BN"
)(image)
image = layers.Add(trainable=False, name="block_5_add")([block_4_add, image])
image = layers.Conv2D(
    96,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_6_expand",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_6_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_6_expand_relu")(image)
image = layers.ZeroPadding2D(
    padding=[[0, 1], [0, 1]], trainable=False, name="block_6_pad"
)(image)
image = layers.DepthwiseConv2D(
    (3, 3), strides=(2, 2), use_bias=False, trainable=False, name="block_6_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_6_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_6_depthwise_relu",
)(image)
image = layers.Conv2D(
    32,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_6_project",
)(image)
block_6_project_bn = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_6_project_BN"
)(image)
image = layers.Conv2D(
    192,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_7_expand",
)(block_6_project_bn)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_7_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_7_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_7_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_7_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_7_depthwise_relu",
)(image)
image = layers.Conv2D(
    32,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_7_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_7_project_BN"
)(image)
block_7_add = layers.Add(trainable=False, name="block_7_add")(
    [block_6_project_bn, image]
)
image = layers.Conv2D(
    192,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_8_expand",
)(block_7_add)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_8_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_8_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_8_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_8_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_8_depthwise_relu",
)(image)
image = layers.Conv2D(
    32,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_8_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_8_project_BN"
)(image)
block_8_add = layers.Add(trainable=False, name="block_8_add")([block_7_add, image])
image = layers.Conv2D(
    192,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_9_expand",
)(block_8_add)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_9_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_9_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_9_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_9_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_9_depthwise_relu",
)(image)
image = layers.Conv2D(
    32,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_9_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_9_project_BN"
)(image)
image = layers.Add(trainable=False, name="block_9_add")([block_8_add, image])
image = layers.Conv2D(
    192,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_10_expand",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_10_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_10_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_10_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_10_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_10_depthwise_relu",
)(image)
image = layers.Conv2D(
    48,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_10_project",
)(image)
block_10_project_bn = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_10_project_BN"
)(image)
image = layers.Conv2D(
    288,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_11_expand",
)(block_10_project_bn)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_11_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_11_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_11_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_11_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_11_depthwise_relu",
)(image)
image = layers.Conv2D(
    48,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_11_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_11_project_BN"
)(image)
block_11_add = layers.Add(trainable=False, name="block_11_add")(
    [block_10_project_bn, image]
)
image = layers.Conv2D(
    288,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_12_expand",
)(block_11_add)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_12_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_12_expand_relu")(image)
image = layers.DepthwiseConv2D(
    (3, 3), padding="same", use_bias=False, trainable=False, name="block_12_depthwise"
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_12_depthwise_BN"
)(image)
image = layers.ReLU(
    max_value=6.0,
    trainable=False,
    name="block_12_depthwise_relu",
)(image)
image = layers.Conv2D(
    48,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_12_project",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_12_project_BN"
)(image)
image = layers.Add(trainable=False, name="block_12_add")([block_11_add, image])
image = layers.Conv2D(
    288,
    kernel_size=(1, 1),
    padding="same",
    use_bias=False,
    trainable=False,
    name="block_13_expand",
)(image)
image = layers.BatchNormalization(
    momentum=0.999, trainable=False, name="block_13_expand_BN"
)(image)
image = layers.ReLU(max_value=6.0, trainable=False, name="block_13_expand_relu")(image)
image = layers.GlobalAveragePooling2D(
    trainable=False, name="image_global_average_pooling2d"
)(image)

# Branch facts
facts_input = keras.Input(shape=(12,), name="facts_input")
facts = layers.Dense(32, activation="relu", name="facts_dense")(facts_input)

# Merge
x = layers.Concatenate(name="joined")([image, facts])

# Head
x = layers.Dense(64, activation="relu", name="dense")(x)
x = layers.Dense(1, activation="sigmoid", name="likes")(x)

model = keras.Model(inputs=[input_layer, facts_input], outputs=x, name="transfer")

if __name__ == "__main__":
    model.summary()
