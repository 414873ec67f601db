# The model "two_tower", written by mergecli.

import keras
from keras import layers

# Branch user
user_id = keras.Input(shape=(), dtype="int32", name="user_id")
history = keras.Input(shape=(50,), dtype="int32", name="history")
user_embedding = layers.Embedding(10000, output_dim=64, name="user_embedding")(user_id)
user = layers.Embedding(
    5000,
    output_dim=64,
    mask_zero=True,
    name="history_embedding",
)(history)
user = layers.GlobalAveragePooling1D(name="history_mean")(user)
user = layers.Concatenate(name="user_concatenate")([user_embedding, user])
user = layers.Dense(64, activation="relu", name="user_dense")(user)
user = layers.Dense(64, name="user_vector")(user)

# Branch item
item_id = keras.Input(shape=(), dtype="int32", name="item_id")
item_facts = keras.Input(shape=(16,), name="item_facts")
item = layers.Embedding(5000, output_dim=64, name="item_embedding")(item_id)
item = layers.Concatenate(name="item_concatenate")([item, item_facts])
item = layers.Dense(64, activation="relu", name="item_dense")(item)
item = layers.Dense(64, name="item_vector")(item)

# Merge
x = layers.Dot(1, normalize=True, name="similarity")([user, item])

# Head
x = layers.Dense(1, activation="sigmoid", name="probability")(x)

model = keras.Model(
    inputs=[user_id, history, item_id, item_facts], outputs=x, name="two_tower"
)

if __name__ == "__main__":
    model.summary()
