# The model "siamese", written by mergecli.

import keras
from keras import layers, ops

# Branch left
left_input = keras.Input(shape=(28, 28, 1), name="left_input")
left_conv2d = layers.Conv2D(16, kernel_size=3, activation="relu", name="left_conv2d")
left = left_conv2d(left_input)
left_max_pooling2d = layers.MaxPooling2D(name="left_max_pooling2d")
left = left_max_pooling2d(left)
left_conv2d_1 = layers.Conv2D(
    32, kernel_size=3, activation="relu", name="left_conv2d_1"
)
left = left_conv2d_1(left)
left_global_average_pooling2d = layers.GlobalAveragePooling2D(
    name="left_global_average_pooling2d"
)
left = left_global_average_pooling2d(left)
encoded = layers.Dense(32, name="encoded")
left = encoded(left)

# Branch right
right_input = keras.Input(shape=(28, 28, 1), name="right_input")
right = left_conv2d(right_input)
right = left_max_pooling2d(right)
right = left_conv2d_1(right)
right = left_global_average_pooling2d(right)
right = encoded(right)

# Merge
x = layers.Subtract(name="difference")([left, right])

# Head
x = ops.absolute(x)
x = layers.Dense(1, activation="sigmoid", name="same")(x)

model = keras.Model(inputs=[left_input, right_input], outputs=x, name="siamese")

if __name__ == "__main__":
    model.summary()
