"""Types of the values in specs, configs and schemas: what JSON can express.

Only for annotations: import it under `TYPE_CHECKING`.
"""

from __future__ import annotations

from typing import Mapping, Sequence, TypeAlias

#: A value that JSON can express. Sequences and mappings are read-only for who takes it.
Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
#: A mapping that its owner may change.
JsonDict: TypeAlias = dict[str, Json]
