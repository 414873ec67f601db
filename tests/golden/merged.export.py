# The model "merged", written by mergecli.

import keras
from keras import layers

# Branch a
input_a = keras.Input(shape=(32, 32, 1), name="Input_a")
a = layers.Dense(64, activation="relu", name="a_layer_1")(input_a)
a = layers.Dense(128, activation="relu", name="a_layer_2")(a)
a = layers.Dense(64, activation="relu", name="a_layer_3")(a)
a = layers.Dense(32, activation="sigmoid", name="a_output_layer")(a)

# Branch b
input_b = keras.Input(shape=(32, 32, 1), name="Input_b")
b = layers.Dense(64, activation="relu", name="b_layer_1")(input_b)
b = layers.Dense(32, activation="sigmoid", name="b_output_layer")(b)

# Merge
x = layers.Concatenate(name="concatenated_layer")([a, b])

model = keras.Model(inputs=[input_a, input_b], outputs=x, name="merged")

if __name__ == "__main__":
    model.summary()
