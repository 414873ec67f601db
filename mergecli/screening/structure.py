"""Candidates with the same structure: what their variables cannot change is computed once.

The first candidate is lowered as any spec, and what was read of its variables is recorded. For the
others, only layers whose arguments differ are made again, and only calls whose layers or inputs
differ are inferred again. Whatever is unusual, such as an error, is left to an ordinary check.
"""

from __future__ import annotations

from typing import Hashable, Iterable, Iterator, Sequence

from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import UNKNOWN
from mergecli.compiler.lint.budgets import exceeded
from mergecli.compiler.lowering import training
from mergecli.compiler.lowering.context import Written
from mergecli.compiler.lowering.spec import lower_traced
from mergecli.diagnostics.diagnostic import has_errors, ordered
from mergecli.ir.graph import Budget, Call, Graph, Limit, Network, RunDtypes, TrainingConfig
from mergecli.ir.inference import Built, follow_masks, infer, infer_call
from mergecli.ir.masks import Masks
from mergecli.ir.memory import needs_of_both
from mergecli.ir.order import order
from mergecli.ir.subgraph_layers import held_model
from mergecli.ir.subgraphs import without_placeholders
from mergecli.screening.dependencies import Dependencies, LayerEntry, Names
from mergecli.screening.layer_maker import LayerMaker, Text, Unusual
from mergecli.screening.peaks import Plan, sizes_of
from mergecli.screening.reuse import (
    MEASURES,
    Memory,
    Recent,
    State,
    Values,
    Variant,
    layer_key,
    value_key,
    values_key,
)
from mergecli.screening.rows import OK, OVER_BUDGET, CandidateFacts, Verdict

#: The most calls of a structure, and the most results of one, so that no limit on all of them can
#: be reached by one candidate and not by another.
_MOST_CALLS, _MOST_RESULTS = 5_000, 30


class Slot:
    """Calls whose layers depend on the same variables.

    Attributes:
        names: These variables.
        calls: The calls, each with its entry, and whether its layer is frozen.
        known: Their layers, by the values of the variables.
        current: Those of the last candidate.
    """

    __slots__ = ("calls", "current", "known", "names")

    def __init__(self, names: Sequence[str], memory: Memory) -> None:
        self.names = names
        self.calls: list[tuple[int, LayerEntry, bool]] = []
        self.known: Recent[list[Variant]] = Recent(memory)
        self.current: list[Variant | None] = []


class Structure:
    """The candidates of a spec that have the same structure as one.

    Attributes:
        names: The variables on which the structure depends.
        age: The age of the memory when it was last used.
    """

    def __init__(self, text: Text, axes: Iterable[str], values: Values, memory: Memory) -> None:
        """Check one candidate, and find what the others share with it.

        Args:
            text: The spec.
            axes: The variables whose values differ.
            values: Their values for the candidate.
            memory: What is remembered of all structures.

        Raises:
            Unusual: It has errors, or something that is not computed here.
        """
        settings = {**text.settings, **values}
        lowered, trace = lower_traced(text.source, text.tree, settings, text.customs)
        graph, cycles = order(lowered.graph)
        if has_errors(lowered.diagnostics) or cycles or len(graph.nodes) > _MOST_CALLS:
            raise Unusual
        network, errors = infer(graph)
        if errors or any(len(results) > _MOST_RESULTS for results in network.results):
            raise Unusual
        self.text, self.memory, self.trace = text, memory, trace
        self.age = memory.age
        self.dependencies = Dependencies(text.spec, trace, axes, text.settings)
        self.names = sorted(self.dependencies.structure)
        self._maker = LayerMaker(text, memory)
        self._set_calls(graph, network)
        self._set_slots()
        self._set_budgets(graph)
        self._trained: Recent[tuple[TrainingConfig | None]] = Recent(memory)
        self._training: TrainingConfig | None = None
        self._messages: Recent[tuple[str | None]] = Recent(memory)
        self._plans: Recent[Plan] = Recent(memory, 20)
        # A key has a number for each call.
        self._peaks: Recent[tuple[int | None, int | None]] = Recent(memory, 3)

    # What the candidates share.

    def _set_calls(self, graph: Graph, network: Network) -> None:
        """Prepare the calls, and a network in which single calls are inferred again.

        Raises:
            Unusual: A layer is not made by the first of its calls.
        """
        final = without_placeholders(network)
        self._final, self._counts = final.graph, [len(results) for results in network.results]
        self._calls = [call.replace() for call in graph.nodes]
        self._final_calls = [call.replace() for call in final.graph.nodes]
        self._network = Network(graph.replace(nodes=self._calls))
        # It has the same lists of results, weights and MACs.
        self._final_network = self._network.with_graph(self._final)
        self._order, inputs = list(graph.order), set(final.graph.inputs)
        self._parts = {index for index in graph.order if final.needed[index]}
        self._rows = self._parts - inputs
        self._ordered = [index for index in graph.order if index in self._parts]
        self._shared = {call.owner for call in self._calls if call.owner is not None}
        self._users: list[set[int]] = [set() for _ in self._calls]
        place = {index: number for number, index in enumerate(graph.order)}
        for call in self._calls:
            for parent in call.parents:
                self._users[parent].add(call.index)
            if call.owner is not None:
                self._users[call.owner].add(call.index)
                if place[call.owner] > place[call.index] or call.owner not in self._parts:
                    raise Unusual
        self._wirings = [self._wiring(call) for call in self._calls]
        self._states: list[State | None] = [None] * len(self._calls)
        self._is_stale = bytearray(b"\1" * len(self._calls))

    def _wiring(self, call: Call) -> Hashable:
        """Return what distinguishes a call from others of its layer, its inputs left out."""
        sources = tuple([(one.result, value_key(one.constant)) for one in call.sources or ()])
        is_row, options = call.index in self._rows, repr(call.options)
        is_plain = not call.listed and not call.keywords and not call.options
        is_plain = is_plain and is_row and call.owner is None
        if is_plain and sources == ((None, value_key(None)),):
            return None
        return sources, call.listed, call.keywords, options, is_row

    def _set_slots(self) -> None:
        """Group the calls by the variables on which their layers depend.

        Raises:
            Unusual: A layer was changed after it was made, otherwise than frozen.
        """
        calls, entries = self._calls, self.dependencies.layers
        self._variants: list[Variant | None] = [None] * len(calls)
        self._followers: dict[int, list[int]] = {}
        slots: dict[Names, Slot] = {}
        constant: dict[Hashable, Variant] = {}
        # The call from which others that apply the same layer have it.
        first: dict[int, int] = {}
        for call in calls:
            if call.layer is None:
                raise Unusual
            maker = first.setdefault(id(call.layer), call.index)
            if maker not in entries:
                if call.index in entries:
                    raise Unusual
                is_alone = call.owner is None and call.index not in self._shared
                key = layer_key(call.layer) if is_alone else id(call.layer)
                variant = constant.setdefault(key, Variant(call.layer, self.memory))
                self._variants[call.index] = variant
            elif maker != call.index:
                self._followers.setdefault(maker, []).append(call.index)
            else:
                entry, names = entries[maker]
                is_frozen = call.layer is not self.trace.calls[maker][1]
                if is_frozen and not call.layer.frozen:
                    raise Unusual
                slot = slots.setdefault(names, Slot(sorted(names), self.memory))
                slot.calls.append((maker, entry, is_frozen))
                slot.current.append(None)
        self._slots = list(slots.values())

    def _set_budgets(self, graph: Graph) -> None:
        """Prepare the budgets.

        Raises:
            Unusual: A model in the model has budgets, or a measure is not known here.
        """
        models = (held_model(call.layer) for call in self._calls)
        if any(model is not None and model.network.graph.budgets for model in models):
            raise Unusual
        if len(self.trace.budgets) != len(graph.budgets):
            raise Unusual
        self._budgets: list[tuple[Budget, Written, list[int], list[str]]] = []
        self._bounds: Recent[list[tuple[dict[str, Limit], int]]] = Recent(self.memory)
        self._has_memory_budget = False
        for budget, written in zip(graph.budgets, self.trace.budgets):
            if not budget.limits.keys() <= MEASURES.keys():
                self._has_memory_budget = True
            own = self._rows if budget.nodes is None else self._rows & set(budget.nodes)
            names = sorted(self.dependencies.of(written))
            self._budgets.append((budget, written, sorted(own), names))
        self._budget_names = sorted({name for *_, own in self._budgets for name in own})
        tree = self.text.spec.training
        self._training_names: list[str] = []
        if tree is not None:
            self._training_names = sorted(self.dependencies.of(Written(tree, {})))

    # One candidate.

    def facts(self, values: Values) -> CandidateFacts:
        """Return what a check of a candidate comes to.

        Args:
            values: The values of all variables of the spec.

        Raises:
            Unusual: It has errors other than about budgets.
        """
        self.age = self.memory.age
        self._maker.begin(values)
        self._set_variants(values)
        self._infer()
        self._check_training(values)
        message = self._over_budget(values)
        verdict: Verdict = OK if message is None else OVER_BUDGET
        codes = () if message is None else ("over-budget",)
        states = self._states
        columns = zip(*[states[index].numbers for index in self._parts])  # type: ignore[union-attr]
        total, trained, macs, size, results = (
            None if None in column else sum(column) for column in columns
        )
        size = None if total is None else size
        layers = len(self._rows)
        numbers = layers, total, trained, macs, size, results, *self._memory_bytes(values)
        return CandidateFacts(verdict, codes, message, *numbers)

    def _set_variants(self, values: Values) -> None:
        """Set the layers of the candidate, and mark the calls of those that are others."""
        for slot in self._slots:
            key = values_key(values, slot.names)
            known = slot.known.get(key)
            if known is None:
                make = self._maker.variant
                known = [make(entry, is_frozen) for _, entry, is_frozen in slot.calls]
                slot.known[key] = known
            if known is slot.current:
                continue
            for (index, _, _), new, old in zip(slot.calls, known, slot.current):
                if new is not old:
                    for call in (index, *self._followers.get(index, ())):
                        self._variants[call] = new
                        self._is_stale[call] = 1
            slot.current = [*known]

    def _infer(self) -> None:
        """Bring the states of all calls up to date.

        Raises:
            Unusual: A call has an error.
        """
        stale, states = self._is_stale, self._states
        for index in self._order:
            if not stale[index]:
                continue
            old, new = states[index], self._state(index)
            stale[index] = 0
            if new is old:
                continue
            states[index] = new
            if old is None or new.key != old.key or index in self._shared:
                for user in self._users[index]:
                    stale[user] = 1

    def _state(self, index: int) -> State:
        """Return what a call comes to.

        Raises:
            Unusual: It has an error.
        """
        call, variant, wiring, states = (
            self._calls[index],
            self._variants[index],
            self._wirings[index],
            self._states,
        )
        assert variant is not None
        key: Hashable
        if wiring is None:
            key = states[call.sources[0].producer].key  # type: ignore[index, union-attr]
        else:
            owner = None if call.owner is None else states[call.owner]
            parents = tuple([states[parent].key for parent in call.parents])  # type: ignore[union-attr]
            key = wiring, parents, owner
        known = variant.states.get(key)
        if known is None:
            known = variant.states[key] = self._inferred(call, variant)
        return known

    def _inferred(self, call: Call, variant: Variant) -> State:
        """Infer a call.

        Raises:
            Unusual: It has an error.
        """
        network, index = self._network, call.index
        built: Built = {}
        call.layer = variant.layer
        assert call.layer is not None
        if call.owner is not None:
            self._prepare(self._calls[call.owner], built)
        self._prepare(call, None)
        network.results[index], network.weights[index] = (UNKNOWN,), ()
        network.macs[index] = None
        try:
            dtypes, masks = self._run_dtypes(call), self._masks(call)
            infer_call(network, call, call.layer, built, self._shared, dtypes)
            follow_masks(network, call, call.layer, masks)
        except ShapeError:
            raise Unusual from None
        run_dtypes, made = dtypes.get(index), masks.get(index, ())
        # States are shared between structures, in which other calls make the masks.
        made = tuple(mask and mask._replace(maker=-1) for mask in made)
        results = network.results[index]
        if len(results) != self._counts[index]:
            raise Unusual
        key = self.memory.key((results, run_dtypes, made))
        return State(network, call, key, index in self._rows, run_dtypes, made)

    def _run_dtypes(self, call: Call) -> RunDtypes:
        """Return the dtypes that the sources of a call have when the model runs, if others."""
        states = self._sources(call)
        return {place: state.run_dtypes for place, state in states if state.run_dtypes is not None}

    def _masks(self, call: Call) -> Masks:
        """Return the masks of the sources of a call."""
        return {place: state.masks for place, state in self._sources(call) if state.masks}

    def _sources(self, call: Call) -> Iterator[tuple[int, State]]:
        """Yield the sources of a call, which are inferred."""
        for parent in call.parents:
            state = self._states[parent]
            assert state is not None
            yield parent, state

    def _prepare(self, call: Call, built: Built | None) -> None:
        """Set what a call is applied to, and its weights if others share them."""
        for parent, state in self._sources(call):
            self._network.results[parent] = state.results
        if built is not None:
            variant = self._variants[call.index]
            assert variant is not None
            assert variant.layer is not None
            dtypes = self._run_dtypes(call)
            infer_call(self._network, call, variant.layer, built, self._shared, dtypes)

    def _memory_bytes(self, values: Values) -> tuple[int | None, int | None]:
        """Return the most memory that inference and training take at once."""
        states: list[State] = [self._states[index] for index in self._ordered]  # type: ignore[misc]
        if any(state.memory < 0 for state in states):
            self._fill_needs()
        key = tuple([state.memory for state in states]), values_key(values, self._training_names)
        known = self._peaks.get(key)
        if known is None:
            known = self._peaks[key] = self._peak(states, False), self._peak(states, True)
        return known

    def _peak(self, states: Sequence[State], training: bool) -> int | None:
        """Return the peak of inference or training; None where a size is not known."""
        needs = [state.needs[training] for state in states]  # type: ignore[index]
        if any(one.sizes is None for one in needs):
            return None
        batch, sizes = self.text.batch, sizes_of(needs)
        flags = training, tuple([state.flags for state in states])
        plan = self._plans.get(flags)
        peak = plan.peak(sizes, batch) if plan is not None else None
        if peak is None:
            # The calls of the structure have this order and these sources, whatever their layers.
            plan = Plan(self._filled_network(), self._ordered, needs, training)
            self._plans[flags] = plan
            peak = plan.peak(sizes, batch)
            assert peak is not None
        fixed = sum(state.numbers[3] or 0 for state in states)
        if training:
            optimizer = None if self._training is None else self._training.optimizer
            fixed += sum([state.slot_bytes(optimizer) for state in states])
        return fixed + peak

    def _fill_needs(self) -> None:
        """Find what each call needs, where that is not known."""
        network = self._filled_network()
        for index in self._ordered:
            state, variant = self._states[index], self._variants[index]
            assert state is not None
            assert variant is not None
            if state.memory < 0:
                call = self._final_calls[index]
                call.layer = variant.layer
                state.set_needs(*needs_of_both(network, call), self.memory)

    def _filled_network(self) -> Network:
        """Return the network of this candidate."""
        network = self._network
        for index, state in enumerate(self._states):
            assert state is not None
            network.results[index] = state.results
            network.weights[index], network.macs[index] = state.weights, state.macs
        return self._final_network

    def _check_training(self, values: Values) -> None:
        """Check `compile`.

        Raises:
            Unusual: It has errors, or no loss, so that one of a layer counts.
        """
        tree = self.text.spec.training
        if tree is None:
            return
        targets = self._final.outputs.targets
        states = (self._states[target.producer] for target in targets)
        are_known = tuple([state is not None and UNKNOWN not in state.results for state in states])
        key = values_key(values, self._training_names), are_known
        known = self._trained.get(key)
        if known is None:
            self._maker.begin(values)
            filled = self._maker.filled(tree)
            assert filled is not None
            config, problems = training.read(filled, self._filled_network())
            is_right = config is not None and config.loss is not None and not has_errors(problems)
            known = self._trained[key] = (config if is_right else None,)
        (self._training,) = known
        if self._training is None:
            raise Unusual

    def _over_budget(self, values: Values) -> str | None:
        """Return the message of the first budget that is exceeded; None if none is.

        Raises:
            Unusual: A budget has errors, or a comment may suppress one.
        """
        if not self._budgets:
            return None
        key = values_key(values, self._budget_names)
        bounds = self._bounds.get(key)
        if bounds is None:
            self._maker.begin(values)
            bounds = [self._maker.limits(written) for _, written, _, _ in self._budgets]
            self._bounds[key] = bounds
        if not self._has_memory_budget and not any(
            self._cost(indices, MEASURES[measure]) > limit.bound
            for (_, _, indices, _), (limits, _) in zip(self._budgets, bounds)
            for measure, limit in limits.items()
        ):
            return None
        if "mergecli:" in self.text.source.text:
            raise Unusual
        costs = key, tuple([state.costs for state in self._states])  # type: ignore[union-attr]
        known = None if self._has_memory_budget else self._messages.get(costs)
        if known is None:
            known = self._messages[costs] = (self._message(bounds),)
        return known[0]

    def _message(self, bounds: Sequence[tuple[dict[str, Limit], int]]) -> str | None:
        """Return the message of the first of some bounds that is exceeded; None if none is."""
        budgets = [
            budget._replace(limits=limits, batch=batch)
            for (budget, *_), (limits, batch) in zip(self._budgets, bounds)
        ]
        network = self._filled_network()
        network = network.with_graph(network.graph.replace(budgets=budgets))
        network.training = self._training
        problems = ordered(list(exceeded(network)))
        return problems[0].message if problems else None

    def _cost(self, indices: Sequence[int], place: int) -> int:
        states = self._states
        return sum([states[index].costs[place] for index in indices])  # type: ignore[union-attr, misc]
