"""Models that exist already -> graph: saved files, applications, the user's modules."""

#: The endings of the files that a spec can include, by the key that names them.
ENDINGS = {"spec": (".yaml", ".yml"), "model": (".keras", ".h5", ".hdf5", ".json")}
