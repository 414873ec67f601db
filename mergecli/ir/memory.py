"""The most memory that a model takes at once: which tensors exist at the same time, in inference and in training."""

from __future__ import annotations

from typing import Callable, Container, NamedTuple, Protocol, Sequence

from mergecli.catalog.buffers import NEW, Buffers, bytes_of, rule
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.training.slots import slot_bytes
from mergecli.catalog.weights import bytes_of_weights
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.inference import gather
from mergecli.ir.subgraph_layers import held_model


class Peak(NamedTuple):
    """The most memory that is taken at once.

    Attributes:
        bytes: How much it is.
        call: The index of the call that is computed then, or whose gradient is; None without calls.
    """

    bytes: int
    call: int | None


def inference_bytes(network: Network, batch: int = 1) -> int | None:
    """Return the bytes of `inference_peak`."""
    peak = inference_peak(network, batch)
    return None if peak is None else peak.bytes


def training_bytes(network: Network, batch: int = 1) -> int | None:
    """Return the bytes of `training_peak`."""
    peak = training_peak(network, batch)
    return None if peak is None else peak.bytes


def inference_peak(
    network: Network, batch: int = 1, calls: Container[int] | None = None
) -> Peak | None:
    """Return the most memory that `predict` takes at once: weights, and the results that exist together.

    Args:
        network: The model.
        batch: The samples in a batch.
        calls: The indices of the calls that count; None for all.

    Returns:
        The peak; None where a size is not known.
    """
    timeline = _Timeline(batch)
    if not simulate(network, False, timeline, calls=calls):
        return None
    return Peak(weight_bytes(network, calls) + timeline.peak, timeline.peak_call)


def training_peak(
    network: Network, batch: int = 1, calls: Container[int] | None = None
) -> Peak | None:
    """Return the most memory that a step of `fit` takes at once.

    That is weights, the optimizer's variables, the results that gradients read, and gradients.
    Without `compile` the optimizer is Adam.

    Args:
        network: The model.
        batch: The samples in a batch.
        calls: The indices of the calls that count; None for all.

    Returns:
        The peak; None where a size is not known.
    """
    timeline = _Timeline(batch)
    if not simulate(network, True, timeline, calls=calls):
        return None
    trained = [
        weight
        for call in network.parts()
        if calls is None or call.index in calls
        for weight in network.weights[call.index]
        if weight.trainable
    ]
    optimizer = None if network.training is None else network.training.optimizer
    fixed = weight_bytes(network, calls) + slot_bytes(optimizer, trained)
    return Peak(fixed + timeline.peak, timeline.peak_call)


def simulate(
    network: Network,
    training: bool,
    timeline: Timeline,
    needs_of: NeedsOf | None = None,
    calls: Container[int] | None = None,
) -> bool:
    """Run a model on a timeline: what it adds, removes and touches.

    Args:
        network: The model.
        training: Whether it is trained.
        timeline: Receives the bytes for each sample.
        needs_of: Returns what `needs` does, if that is known already.
        calls: The indices of the calls that count; None for all.

    Returns:
        Whether all sizes are known; if not, nothing is run.
    """
    steps = _steps(network, training, needs_of, calls)
    if steps is None:
        return False
    values = _forward(network, steps, timeline, training)
    if training:
        _backward(steps, timeline, values)
    return True


def weight_bytes(network: Network, calls: Container[int] | None = None) -> int:
    """Return the bytes of all weights, or of those of some calls, by their indices."""
    return sum(
        bytes_of_weights(network.weights[call.index])
        for call in network.parts()
        if calls is None or call.index in calls
    )


class _Step(NamedTuple):
    """A call as it is computed.

    Attributes:
        call: The call.
        sources: The results that it is applied to, each with its number.
        sizes: The bytes of each of its results for one sample.
        buffers: What it needs beside them.
        has_gradient: Whether a weight depends on its gradient.
        weights: The bytes of the weights that it trains.
    """

    call: Call
    sources: list[tuple[int, int]]
    sizes: list[int]
    buffers: Buffers
    has_gradient: bool
    weights: int


class Timeline(Protocol):
    """Receives bytes as they are needed; `call` is the call that is computed."""

    call: int | None

    def add(self, size: int) -> None: ...
    def remove(self, size: int) -> None: ...
    def touch(self, size: int, once: int = 0) -> None: ...


class Needs(NamedTuple):
    """What a call needs, whatever the calls before and after it are.

    Attributes:
        sizes: The bytes of each of its results for one sample; None where one is not known.
        buffers: What it needs beside them.
        weights: The bytes of the weights that it trains.
        has_weights: Whether its layer has any weights.
    """

    sizes: list[int] | None
    buffers: Buffers
    weights: int
    has_weights: bool


#: Returns what a call of a network needs, in training or in inference.
NeedsOf = Callable[[Network, Call, bool], Needs]


def needs(network: Network, call: Call, training: bool) -> Needs:
    """Return what a call needs in training or in inference."""
    return _needs(network, call, (training,))[0]


def needs_of_both(network: Network, call: Call) -> tuple[Needs, Needs]:
    """Return what a call needs in inference and in training."""
    inference, training = _needs(network, call, (False, True))
    return inference, training


def _needs(network: Network, call: Call, modes: Sequence[bool]) -> list[Needs]:
    """Return what a call needs, in training or not."""
    sizes = [bytes_of(result) for result in network.results[call.index]]
    if None in sizes:
        return [Needs(None, NEW, 0, False)] * len(modes)
    owner = call.index if call.owner is None else call.owner
    own = network.weights[owner]
    weights = bytes_of_weights([weight for weight in own if weight.trainable]) if own else 0
    size = sum(sizes)  # type: ignore[arg-type]
    return [
        Needs(sizes, one, weights, bool(own))  # type: ignore[arg-type]
        for one in _buffers(network, call, size, modes)
    ]


def _steps(
    network: Network,
    training: bool,
    needs_of: NeedsOf | None = None,
    calls: Container[int] | None = None,
) -> list[_Step] | None:
    """Return the calls in order; None where a size is not known."""
    steps: list[_Step] = []
    trained: dict[int, bool] = {}
    needs_of = needs_of or needs
    for call in _ready_order(network):
        if calls is not None and call.index not in calls:
            continue
        sizes, own, weights, has_weights = needs_of(network, call, training)
        if sizes is None:
            return None
        sources = [place for target in call.sources or () for place in _places(network, target)]
        above = any(trained.get(index, False) for index, _ in sources)
        trained[call.index] = bool(weights) or above
        if not weights and call.layer is not None and has_weights:
            # The gradient of a frozen layer reads its weights, not its inputs.
            own = own._replace(inputs=False)
        steps.append(_Step(call, sources, sizes, own, trained[call.index], weights))
    return steps


def _ready_order(network: Network) -> list[Call]:
    """Return the calls in the order in which their sources are ready, as TensorFlow computes them.

    Calls of parallel branches take turns.
    """
    parts = network.parts()
    waiting = {call.index: set(call.parents) for call in parts}
    readers: dict[int, list[Call]] = {}
    for call in parts:
        for parent in waiting[call.index]:
            readers.setdefault(parent, []).append(call)
    order = [call for call in parts if not waiting[call.index]]
    for call in order:
        for reader in readers.get(call.index, ()):
            waiting[reader.index].discard(call.index)
            if not waiting[reader.index]:
                order.append(reader)
    return order


def _places(network: Network, target: Value) -> list[tuple[int, int]]:
    """Return the results for which a source stands, by their numbers."""
    if target.constant is not None:
        return []
    if target.result is not None:
        return [(target.producer, target.result)]
    return [(target.producer, number) for number in range(len(network.results[target.producer]))]


def _buffers(network: Network, call: Call, size: int, modes: Sequence[bool]) -> list[Buffers]:
    """Return what a call needs beside its inputs and its results of some bytes, in training or not."""
    layer = call.layer
    if layer is None or not call.sources:
        return [NEW] * len(modes)
    model = held_model(layer)
    if model is not None:
        return [_model_buffers(network, call, model.network, training) for training in modes]
    try:
        inputs = layer.unnamed(gather(network, call))
    except ShapeError:
        return [NEW] * len(modes)
    needed = rule(type(layer))  # type: ignore[arg-type]
    return [needed(layer, inputs, size, training) for training in modes]


def _model_buffers(network: Network, call: Call, inner: Network, training: bool) -> Buffers:
    """Return what a model as one layer needs: what it keeps, and the rest of its peak."""
    steps = _steps(inner, training)
    if steps is None:
        return NEW
    timeline = _Timeline(1)
    _forward(inner, steps, timeline, training)
    kept = timeline.live if training else 0
    taken = sum(
        bytes_of(tensor) or 0 for target in call.sources or () for tensor in network.tensors(target)
    )
    given = bytes_of(network.results[call.index][0]) or 0
    inside = sum(sum(inner_step.sizes) for inner_step in steps if not inner_step.sources)
    times = max(taken // inside, 1) if inside else 1
    return Buffers(
        inputs=True,
        kept=max(times * kept - taken - given, 0),
        scratch=max(timeline.peak - inside, 0),
    )


class _Timeline:
    """The bytes that exist, and the most that have existed at once."""

    __slots__ = ("_batch", "call", "live", "peak", "peak_call")

    def __init__(self, batch: int) -> None:
        self._batch = batch
        self.live = self.peak = 0
        #: The call that is computed, and the one at which the peak was.
        self.call: int | None = None
        self.peak_call: int | None = None

    def add(self, size: int) -> None:
        """Count bytes for each sample of the batch."""
        self.live += size * self._batch
        self.touch(0)

    def remove(self, size: int) -> None:
        """Count bytes of each sample no longer."""
        self.live -= size * self._batch

    def touch(self, size: int, once: int = 0) -> None:
        """Count bytes that exist only at this moment, for each sample and once for the batch."""
        total = self.live + size * self._batch + once
        if total > self.peak:
            self.peak, self.peak_call = total, self.call


class _Buffer:
    """Memory that holds one result, or several that are the same.

    Attributes:
        size: Its bytes for one sample.
        reads: How often it is still read.
        keeper: The first call whose gradient reads it, by its place in the order.
    """

    __slots__ = ("keeper", "reads", "size")

    def __init__(self, size: int, reads: int) -> None:
        self.size, self.reads = size, reads
        self.keeper: int | None = None


_Values = dict[tuple[int, int], _Buffer]


def _forward(
    network: Network, steps: Sequence[_Step], timeline: Timeline, training: bool
) -> _Values:
    """Compute all calls in order, and return where each result is at the end."""
    reads: dict[tuple[int, int], int] = {}
    for step in steps:
        for source in step.sources:
            reads[source] = reads.get(source, 0) + 1
    for target in network.graph.outputs.targets:
        for place in _places(network, target):
            reads[place] = reads.get(place, 0) + 1
    values: _Values = {}
    for position, step in enumerate(steps):
        _compute(position, step, values, reads, timeline, training and step.has_gradient)
    return values


def _compute(
    position: int,
    step: _Step,
    values: _Values,
    reads: dict[tuple[int, int], int],
    timeline: Timeline,
    trained: bool,
) -> None:
    """Compute one call: its results exist from now on, and what it read last no longer."""
    needs, index = step.buffers, step.call.index
    timeline.call = index
    inputs = [values[source] for source in step.sources if source in values]
    if trained and needs.inputs:
        _keep(inputs, position)
    place = _place(needs, inputs, step)
    if needs.in_stages:
        timeline.touch(needs.scratch)
        _release(inputs, inputs, timeline)
        inputs = []
    results: list[_Buffer] = []
    for number, size in enumerate(step.sizes):
        count = reads.get((index, number), 0)
        if place is not None and number == 0:
            place.reads += count
            values[index, number] = place
        else:
            values[index, number] = _Buffer(size, count if step.sources else count + 1)
            timeline.add(size)
        results.append(values[index, number])
    timeline.touch(needs.scratch)
    if trained:
        timeline.add(needs.kept)
        if needs.result:
            _keep(results, position)
    _release(inputs, [*inputs, *results], timeline)


def _release(read: Sequence[_Buffer], known: Sequence[_Buffer], timeline: Timeline) -> None:
    """Count what was read once more, and remove what is read no longer.

    Args:
        read: The memory of each input.
        known: The memory that may be read no longer, also that of results.
        timeline: Receives the bytes.
    """
    for buffer in read:
        buffer.reads -= 1
    for buffer in {id(each): each for each in known}.values():
        if not buffer.reads and buffer.keeper is None:
            timeline.remove(buffer.size)
            buffer.size = 0


def _keep(kept: Sequence[_Buffer], position: int) -> None:
    for buffer in kept:
        if buffer.keeper is None:
            buffer.keeper = position


def _place(needs: Buffers, inputs: Sequence[_Buffer], step: _Step) -> _Buffer | None:
    """Return the input in whose memory the first result is; None for new memory."""
    if needs.view and inputs:
        return inputs[0]
    if needs.in_place:
        for buffer in inputs:
            if buffer.reads == 1 and buffer.keeper is None and buffer.size == step.sizes[0]:
                return buffer
    return None


def _backward(steps: Sequence[_Step], timeline: Timeline, values: _Values) -> None:
    """Compute the gradients, from the last call to the first."""
    gradients: dict[tuple[int, int], list[_Buffer]] = {}
    trained = {step.call.index for step in steps if step.has_gradient}
    freed: dict[int, list[_Buffer]] = {}
    for buffer in {id(each): each for each in values.values()}.values():
        if buffer.keeper is not None:
            freed.setdefault(buffer.keeper, []).append(buffer)
    for position in range(len(steps) - 1, -1, -1):
        step = steps[position]
        if not step.has_gradient:
            continue
        timeline.call = step.call.index
        given = [
            gradient
            for number in range(len(step.sizes))
            for gradient in gradients.pop((step.call.index, number), ())
        ]
        if not given:
            given = [_Buffer(sum(step.sizes), 1)]
            timeline.add(given[0].size)
        # The gradient of an activation is computed first, over that of the result.
        own = [values[step.call.index, number] for number in range(len(step.sizes))]
        ended = [buffer for buffer in freed.get(position, ()) if not buffer.reads]
        before = [buffer for buffer in ended if buffer in own]
        for buffer in before:
            timeline.remove(buffer.size)
        _gradient(step, given, trained, gradients, timeline, values)
        for gradient in given:
            gradient.reads -= 1
            if not gradient.reads:
                timeline.remove(gradient.size)
        timeline.remove(step.buffers.kept)
        for buffer in ended:
            if buffer not in before:
                timeline.remove(buffer.size)


def _gradient(
    step: _Step,
    given: Sequence[_Buffer],
    trained: set[int],
    gradients: dict[tuple[int, int], list[_Buffer]],
    timeline: Timeline,
    values: _Values,
) -> None:
    """Compute the gradients for the inputs of a call, and for its weights."""
    shared = step.buffers.view or step.buffers.in_place
    for source in step.sources:
        if source[0] not in trained or source not in values:
            continue
        size = values[source].size
        if shared and (given[0].size == size or step.buffers.view):
            given[0].reads += 1
            gradients.setdefault(source, []).append(given[0])
        else:
            gradient = _Buffer(size, 1)
            timeline.add(size)
            gradients.setdefault(source, []).append(gradient)
    timeline.touch(step.buffers.scratch)
    # The optimizer uses the gradient at once, with as much memory of its own.
    timeline.touch(0, once=step.weights + step.weights)
