# The model "inception", written by mergecli.

import keras
from keras import layers

# Branch stem
stem_input = keras.Input(shape=(56, 56, 64), name="stem_input")
stem = layers.Conv2D(
    192, kernel_size=3, padding="same", activation="relu", name="stem_conv2d"
)(stem_input)
stem = layers.MaxPooling2D(
    pool_size=3, strides=2, padding="same", name="stem_max_pooling2d"
)(stem)

# Branch point
point = layers.Conv2D(64, kernel_size=1, activation="relu", name="point_conv2d")(stem)

# Branch small
small = layers.Conv2D(96, kernel_size=1, activation="relu", name="small_conv2d")(stem)
small = layers.Conv2D(
    128, kernel_size=3, padding="same", activation="relu", name="small_conv2d_1"
)(small)

# Branch large
large = layers.Conv2D(16, kernel_size=1, activation="relu", name="large_conv2d")(stem)
large = layers.Conv2D(
    32, kernel_size=5, padding="same", activation="relu", name="large_conv2d_1"
)(large)

# Branch pooled
pooled = layers.MaxPooling2D(
    pool_size=3, strides=1, padding="same", name="pooled_max_pooling2d"
)(stem)
pooled = layers.Conv2D(
    32,
    kernel_size=1,
    activation="relu",
    name="pooled_conv2d",
)(pooled)

# Merge
x = layers.Concatenate(name="block")([point, small, large, pooled])

# Head
x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
x = layers.Dropout(0.4, name="dropout")(x)
x = layers.Dense(10, activation="softmax", name="label")(x)

model = keras.Model(inputs=stem_input, outputs=x, name="inception")

if __name__ == "__main__":
    model.summary()
