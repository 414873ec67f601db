"""Standard error without the start-up messages of libraries."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import tempfile
from typing import Iterator

#: Lines that tell a user nothing: TensorFlow's notes and warnings before and after absl is initialised, what its probe
#: for a GPU says where there is none, that it traces functions again where several models run, and what fontconfig says of the system's files.
_CHATTER = re.compile(
    r"WARNING: All log messages before absl|WARNING:tensorflow:\d+ out of the last \d+ calls to |Fontconfig (warning|error)|INFO: Created TensorFlow Lite|"
    r"(\d{4}-\d\d-\d\d [\d:.]+: )?[IW](\d{4}| )|"
    r".*(cuda|cuDNN|cudnn|cuInit|cuFFT|cuBLAS|TensorRT|TF-TRT|computation_placer|oneDNN custom operations|"
    r"To enable the following instructions)"
)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep the start-up chatter of TensorFlow, which C++ writes, from standard error; everything else comes through."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    try:
        sys.stderr.flush()
        original = os.dup(2)
    except (OSError, ValueError, AttributeError):
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(original, 2)
            os.close(original)
            caught.seek(0)
            for line in caught.read().decode("utf-8", "replace").splitlines():
                if line.strip() and not _CHATTER.match(line):
                    sys.stderr.write(line + "\n")
