"""Memory that is replayed is that of a simulation."""

from __future__ import annotations

import random

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.memory import inference_peak, needs, training_peak, weight_bytes
from mergecli.screening.peaks import Plan, flags_of, sizes_of

SPEC = """\
vars: {a: 8, b: 8, c: 3}
input: [16, 16, $c]
layers:
  - Conv2D: {filters: $a, kernel_size: 3, padding: same, name: left}
  - BatchNormalization
  - ReLU
  - Conv2D: {filters: $b, kernel_size: 1, name: right}
  - Dropout: 0.1
  - Concatenate: {}
    from: [left, previous]
  - Flatten
  - Dense: 5
"""


def test_the_peaks_of_other_sizes() -> None:
    source = random.Random(0)
    plans: dict[object, Plan] = {}
    replayed = 0
    for _ in range(60):
        values = {name: source.choice([1, 3, 8, 16]) for name in "abc"}
        network = compile_spec(Source(SPEC, "x.yaml"), values).network
        assert network is not None
        calls = network.parts()
        for training, find in ((False, inference_peak), (True, training_peak)):
            known = [needs(network, call, training) for call in calls]
            key = training, tuple(map(flags_of, known))
            indices = [call.index for call in calls]
            peak = plans[key].peak(sizes_of(known), 4) if key in plans else None
            replayed += peak is not None
            if peak is None:
                plans[key] = Plan(network, indices, known, training)
                peak = plans[key].peak(sizes_of(known), 4)
            assert peak is not None
            expected = find(network, 4)
            assert expected is not None
            # Adam has two numbers for each that it trains.
            fixed = weight_bytes(network) + 8 * network.count(trainable=True) * training
            assert peak + fixed == expected.bytes
    assert replayed > 60
