# The model "u_net", written by mergecli.

import keras
from keras import layers

inputs = keras.Input(shape=(128, 128, 3), name="input")
x = layers.Conv2D(
    16,
    kernel_size=3,
    padding="same",
    activation="relu",
    name="conv2d",
)(inputs)
down1 = layers.Conv2D(
    16, kernel_size=3, padding="same", activation="relu", name="down1"
)(x)
x = layers.MaxPooling2D(name="max_pooling2d")(down1)
x = layers.Conv2D(
    32, kernel_size=3, padding="same", activation="relu", name="conv2d_1"
)(x)
down2 = layers.Conv2D(
    32, kernel_size=3, padding="same", activation="relu", name="down2"
)(x)
x = layers.MaxPooling2D(name="max_pooling2d_1")(down2)
x = layers.Conv2D(
    64, kernel_size=3, padding="same", activation="relu", name="conv2d_2"
)(x)
down3 = layers.Conv2D(
    64, kernel_size=3, padding="same", activation="relu", name="down3"
)(x)
x = layers.MaxPooling2D(name="max_pooling2d_2")(down3)
x = layers.Conv2D(
    128, kernel_size=3, padding="same", activation="relu", name="conv2d_3"
)(x)
x = layers.SpatialDropout2D(0.2, name="spatial_dropout2d")(x)
x = layers.Conv2D(
    128, kernel_size=3, padding="same", activation="relu", name="conv2d_4"
)(x)
x = layers.Conv2DTranspose(64, kernel_size=2, strides=2, name="up3")(x)
x = layers.Concatenate(name="skip3")([x, down3])
x = layers.Conv2D(
    64, kernel_size=3, padding="same", activation="relu", name="conv2d_5"
)(x)
x = layers.Conv2DTranspose(32, kernel_size=2, strides=2, name="up2")(x)
x = layers.Concatenate(name="skip2")([x, down2])
x = layers.Conv2D(
    32, kernel_size=3, padding="same", activation="relu", name="conv2d_6"
)(x)
x = layers.Conv2DTranspose(16, kernel_size=2, strides=2, name="up1")(x)
x = layers.Concatenate(name="skip1")([x, down1])
x = layers.Conv2D(
    16, kernel_size=3, padding="same", activation="relu", name="conv2d_7"
)(x)
x = layers.Conv2D(1, kernel_size=1, activation="sigmoid", name="mask")(x)

model = keras.Model(inputs=inputs, outputs=x, name="u_net")

if __name__ == "__main__":
    model.summary()
