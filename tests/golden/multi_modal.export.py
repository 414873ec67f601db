# The model "multi_modal", written by mergecli.

import keras
from keras import layers

# Branch image
image_input = keras.Input(shape=(64, 64, 3), name="image_input")
image = layers.Rescaling(0.00392156862745098, name="image_rescaling")(image_input)
image = layers.Conv2D(
    32, kernel_size=3, padding="same", activation="relu", name="image_conv2d"
)(image)
image = layers.MaxPooling2D(name="image_max_pooling2d")(image)
image = layers.Conv2D(
    64, kernel_size=3, padding="same", activation="relu", name="image_conv2d_1"
)(image)
image = layers.MaxPooling2D(name="image_max_pooling2d_1")(image)
image = layers.Conv2D(
    128, kernel_size=3, padding="same", activation="relu", name="image_conv2d_2"
)(image)
image = layers.GlobalAveragePooling2D(name="image_global_average_pooling2d")(image)

# Branch facts
facts_input = keras.Input(shape=(12,), name="facts_input")
facts = layers.BatchNormalization(name="facts_batch_normalization")(facts_input)
facts = layers.Dense(64, activation="relu", name="facts_dense")(facts)
facts = layers.Dropout(0.2, name="facts_dropout")(facts)
facts = layers.Dense(32, activation="relu", name="facts_dense_1")(facts)

# Branch text
text_input = keras.Input(shape=(None,), dtype="int32", name="text_input")
text = layers.Embedding(
    20000,
    output_dim=64,
    mask_zero=True,
    name="text_embedding",
)(text_input)
text = layers.Bidirectional(
    layers.LSTM(32, dropout=0.1, name="lstm"), name="text_bidirectional"
)(text)

# Merge
x = layers.Concatenate(name="joined")([image, facts, text])

# Head
x = layers.Dense(
    128,
    activation="relu",
    kernel_regularizer=keras.regularizers.L2(l2=0.0001),
    name="dense",
)(x)
x = layers.Dropout(0.4, name="dropout")(x)
x = layers.Dense(20, activation="softmax", name="category")(x)

model = keras.Model(
    inputs=[image_input, facts_input, text_input], outputs=x, name="multi_modal"
)

if __name__ == "__main__":
    model.summary()
