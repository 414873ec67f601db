# The model "video", written by mergecli.

import keras
from keras import layers


def make_frame():
    # The model "frame", which a layer applies.
    inputs_2 = keras.Input(shape=(64, 64, 3), name="input")
    x_2 = layers.Conv2D(16, kernel_size=3, activation="relu", name="conv2d")(inputs_2)
    x_2 = layers.MaxPooling2D(name="max_pooling2d")(x_2)
    x_2 = layers.Conv2D(32, kernel_size=3, activation="relu", name="conv2d_1")(x_2)
    x_2 = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x_2)

    return keras.Model(inputs=inputs_2, outputs=x_2, name="frame")


inputs = keras.Input(shape=(16, 64, 64, 3), name="input")
x = layers.TimeDistributed(make_frame(), name="frames")(inputs)
x = layers.LSTM(32, name="lstm")(x)
x = layers.Dense(5, activation="softmax", name="action")(x)

model = keras.Model(inputs=inputs, outputs=x, name="video")

if __name__ == "__main__":
    model.summary()
