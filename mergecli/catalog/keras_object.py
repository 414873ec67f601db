"""KerasObject: a class of Keras whose arguments are annotated fields, and the errors in its arguments.

A class's annotated fields are Keras's arguments, with Keras's names, order and defaults. `dataclasses` would cost
half a millisecond a class at start-up; reading the annotations once costs some microseconds.
"""

from itertools import islice
from typing import Any, ClassVar, Dict, Iterator, List, Mapping, Tuple, Type

from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.versions import NEWEST, Version

#: The most errors of one object; more are never shown.
MOST_ERRORS = 1000


class ArgumentErrors(Exception):
    """Everything that is wrong with the arguments of one object."""

    def __init__(self, errors: List[ArgumentError]) -> None:
        super().__init__("; ".join(f"{error.argument}: {error.message}" for error in errors))
        self.errors = errors


class KerasObject:
    """Something that a spec names by its class in Keras, with arguments.

    A subclass declares its arguments as annotated fields; an attribute of an argument's name without an annotation
    changes the default. `abstract` classes own fields for a family and are no kinds themselves.
    """

    #: What it is good for: "layer", "initializer", "regularizer", "constraint", "application".
    role: ClassVar[str] = ""
    #: Where Keras has it.
    module: ClassVar[str] = ""
    abstract: ClassVar[bool] = True
    aliases: ClassVar[Tuple[str, ...]] = ()
    arguments: ClassVar[Dict[str, Argument]] = {}
    defaults: ClassVar[Dict[str, Any]] = {}
    required: ClassVar[Tuple[str, ...]] = ()
    #: The first version of Keras that has it; the oldest that mergecli supports is 3.8.
    since: ClassVar[str] = "3.8"
    #: The arguments that came later, with their versions.
    newer: ClassVar[Mapping[str, str]] = {}
    #: The values of arguments that came later, with their versions.
    newer_values: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    #: The versions that changed a rule, each with what holds before it.
    changed: ClassVar[Mapping[str, str]] = {}
    #: The version of Keras that it is meant for, where a rule of older ones differs.
    keras_version: Version = NEWEST
    #: Arguments of the base class that Keras's class does not take.
    without: ClassVar[Tuple[str, ...]] = ()
    #: What Keras writes in a config for arguments whose default is null.
    written_defaults: ClassVar[Mapping[str, Any]] = {
        "activation": "linear",
        "data_format": "channels_last",
        "dtype": "float32",
        "ragged": False,
        "sparse": False,
    }
    #: Arguments that follow those of a class.
    common: ClassVar[Dict[str, Argument]] = {}
    #: Hints for arguments whose value is hard to guess when they are missing.
    missing_hints: ClassVar[Mapping[str, str]] = {}
    #: Whether it takes arguments that nobody knows.
    open: ClassVar[bool] = False
    #: The arguments that were written, as they were written.
    explicit: Dict[str, Any]

    def __init_subclass__(cls, abstract: bool = False, aliases: Tuple[str, ...] = ()) -> None:
        cls.abstract, cls.aliases = abstract, aliases
        own = {
            name: annotation.__metadata__[0]
            for name, annotation in cls.__annotations__.items()
            if hasattr(annotation, "__metadata__")
        }
        # A class may have two bases, what it computes and how; the first has the last word, as for
        # methods.
        bases = [base for base in reversed(cls.__bases__) if issubclass(base, KerasObject)]
        arguments = cls._all_arguments(own, bases)
        defaults = cls._all_defaults(arguments, bases)
        # What is required comes first, then what the class itself adds, so that a single value is
        # Keras's first argument.
        order = [name for name in arguments if name not in defaults]
        order += [name for name in own if name in defaults]
        cls.required = tuple(name for name in arguments if name not in defaults)
        cls.arguments = {name: arguments[name] for name in [*order, *arguments]}
        cls.defaults = defaults

    @classmethod
    def _all_arguments(
        cls, own: Mapping[str, Argument], bases: List[Type["KerasObject"]]
    ) -> Dict[str, Argument]:
        """Return the arguments of a class: those of its bases, its own, and those of its role."""
        arguments: Dict[str, Argument] = {}
        for base in bases:
            arguments.update(base.arguments)
        for name in cls.common:
            arguments.pop(name, None)
        arguments.update(own)
        for name, argument in cls.common.items():
            arguments.setdefault(name, argument)
        for name in cls.without:
            if name not in own:
                arguments.pop(name, None)
        return arguments

    @classmethod
    def _all_defaults(
        cls, arguments: Mapping[str, Argument], bases: List[Type["KerasObject"]]
    ) -> Dict[str, object]:
        """Return the defaults of a class; its own ones become their normal form in the class."""
        inherited = {name: value for base in bases for name, value in base.defaults.items()}
        defaults = {name: value for name, value in inherited.items() if name in arguments}
        for name in arguments:
            if name in cls.__dict__:
                default = defaults[name] = cls.__dict__[name]
                # None may be a default that nobody may write.
                setattr(cls, name, None if default is None else arguments[name].check(default))
        return defaults

    def __init__(self, *values: object, **arguments: object) -> None:
        """Check the arguments.

        Raises:
            ArgumentErrors: with every unknown, missing and wrong argument.
        """
        explicit = {**dict(zip(self.arguments, values)), **arguments}
        errors: List[ArgumentError] = []
        fields = self.__dict__
        for name, value in explicit.items():
            argument = self.arguments.get(name)
            if argument is None:
                if len(errors) <= MOST_ERRORS:
                    errors.append(
                        ArgumentError("is not an argument", code="unknown-argument", argument=name)
                    )
                continue
            try:
                fields[name] = argument.check(value)
                if argument.normalizes and isinstance(value, dict):
                    explicit[name] = fields[name]
            except ArgumentError as error:
                error.argument = name
                errors.append(error.detached())
        for name in self.required:
            if name not in explicit:
                errors.append(ArgumentError("is missing", code="missing-argument", argument=name))
        self.explicit = explicit
        if not errors:
            errors.extend(islice(self.check(), MOST_ERRORS))
        if errors:
            raise ArgumentErrors(errors)

    def check(self) -> Iterator[ArgumentError]:
        """What is wrong with arguments that are each fine alone."""
        return iter(())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.explicit.items())})"
