# The model "model_a", written by mergecli.

import keras
from keras import layers

input_a = keras.Input(shape=(32, 32, 1), name="Input_a")
x = layers.Dense(64, activation="relu", name="a_layer_1")(input_a)
x = layers.Dense(128, activation="relu", name="a_layer_2")(x)
x = layers.Dense(64, activation="relu", name="a_layer_3")(x)
x = layers.Dense(32, activation="sigmoid", name="a_output_layer")(x)

model = keras.Model(inputs=input_a, outputs=x, name="model_a")

if __name__ == "__main__":
    model.summary()
