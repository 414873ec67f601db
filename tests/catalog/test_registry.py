"""Classes by their names: layers, operations, other objects, and those that a spec cannot use."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.catalog.layer import spec_name
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.training import losses, metrics


@pytest.mark.parametrize("name", ["dense", "Adam", "add", "ops.Dense", "ops.", "", "Layer"])
def test_a_name_of_no_layer_finds_nothing(name: str) -> None:
    assert registry.layer(name) is None


def test_layers_and_operations_of_one_name_are_different() -> None:
    layer, operation = registry.layer("Softmax"), registry.layer("ops.softmax")
    assert layer is not None and operation is not None and layer is not operation
    assert (spec_name(layer), spec_name(operation)) == ("Softmax", "ops.softmax")


def test_an_alias_finds_the_class_but_is_not_its_name() -> None:
    absolute = registry.layer("ops.abs")
    assert absolute is registry.layer("ops.absolute") and absolute is not None
    assert spec_name(absolute) == "ops.absolute"
    assert registry.layers()["ops.abs"] is absolute


def test_each_class_is_in_one_family_once() -> None:
    families = dict(registry.families())
    assert Dense in families["core"]
    classes = [cls for family in families.values() for cls in family]
    assert len(classes) == len(set(classes)) == len(set(registry.layers().values()))


def test_the_reason_why_a_name_cannot_be_used() -> None:
    lambdas = registry.refusal("Lambda")
    assert lambdas is not None and "a spec never runs code" in lambdas
    assert registry.refusal("Dense") is None
    assert registry.refusal("NoSuchLayer") is None
    assert registry.refusal("ops.no_such_function") is None


def test_nothing_that_is_refused_can_be_found() -> None:
    usable = {"InputLayer"}  # a part of the language
    assert {name for name in registry.REFUSED if registry.layer(name)} <= usable
    for role, refused in registry.REFUSED_OBJECTS.items():
        assert not set(refused) & set(registry.things(role))


def test_a_name_means_another_class_in_each_role() -> None:
    assert registry.thing("loss", "Hinge") is losses.Hinge
    assert registry.thing("metric", "Hinge") is metrics.Hinge
    assert registry.thing("layer", "Dense") is Dense
    assert registry.thing("regularizer", "Hinge") is None
    assert registry.thing("initializer", "OrthogonalInitializer") is registry.thing(
        "initializer", "Orthogonal"
    )


def test_optimizers_and_their_maps_are_different_roles() -> None:
    assert "OptimizerMap" in registry.things("optimizer map")
    assert "OptimizerMap" not in registry.things("optimizer")
    assert "Adam" not in registry.things("optimizer map")


def test_what_is_done_to_the_layers_of_one_caller_is_not_seen_by_others() -> None:
    registry.things("layer").clear()
    assert registry.things("layer")["Dense"] is Dense
