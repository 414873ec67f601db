# The model "multi_output", written by mergecli.

import keras
from keras import layers

# Branch stem
stem_input = keras.Input(shape=(32, 32, 3), name="stem_input")
stem = layers.Conv2D(
    16, kernel_size=3, padding="same", activation="relu", name="stem_conv2d"
)(stem_input)

# Branch deep
deep = layers.Conv2D(
    16, kernel_size=3, padding="same", activation="relu", name="deep_conv2d"
)(stem)
deep = layers.Conv2D(16, kernel_size=3, padding="same", name="deep_conv2d_1")(deep)

# Branch joined
joined = layers.Add(name="joined_add")([stem, deep])
joined = layers.Activation("relu", name="joined_activation")(joined)
joined = layers.GlobalAveragePooling2D(name="joined_global_average_pooling2d")(joined)

# Head
label = layers.Dense(10, activation="softmax", name="label")(joined)
x = layers.Dense(32, activation="relu", name="box_dense")(joined)
x = layers.Dense(4, name="box")(x)

model = keras.Model(
    inputs=stem_input, outputs={"label": label, "box": x}, name="multi_output"
)

if __name__ == "__main__":
    model.summary()
