# The model "model_b", written by mergecli.

import keras
from keras import layers

input_b = keras.Input(shape=(32, 32, 1), name="Input_b")
x = layers.Dense(64, activation="relu", name="b_layer_1")(input_b)
x = layers.Dense(32, activation="sigmoid", name="b_output_layer")(x)

model = keras.Model(inputs=input_b, outputs=x, name="model_b")

if __name__ == "__main__":
    model.summary()
