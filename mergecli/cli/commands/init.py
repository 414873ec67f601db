"""`mergecli init`."""

from __future__ import annotations

import os

import click

from mergecli.cli import options, terminal
from mergecli.diagnostics import files

#: It is checked and built by the tests, and in the canonical form.
SPEC = """\
# Two branches, a merge and a head; check it with `mergecli validate`, build it with `mergecli build`.
# Layers, their arguments and their defaults are those of Keras: `mergecli layers` lists them, `mergecli layers Conv2D` shows one.
name: my_model
description: what goes in, what comes out
branches:
  # Each branch begins with an input, or with `from:` and the name of another branch.
  image:
    input: [64, 64, 3]  # one sample; `null` is a size that is not known
    layers:
      - Conv2D: {filters: 32, kernel_size: 3, activation: relu}
      - MaxPooling2D  # no arguments
      - Conv2D: {filters: 64, kernel_size: 3, activation: relu}
      - GlobalAveragePooling2D
  # A branch can be a model that exists: `model: encoder.keras`, `spec: other.yaml`, `application: MobileNetV2`.
  facts:
    input: [12]
    layers:
      - Dense: 64  # the first argument alone
      - BatchNormalization
      - Activation: relu
merge:
  # Any layer that takes several tensors: Concatenate, Add, Average, Maximum, Multiply, Dot …
  Concatenate: {axis: -1, name: joined}
head:
  - Dense: {units: 64, activation: relu}
  - Dropout: 0.3
  - Dense: {units: 1, activation: sigmoid, name: answer}
"""


@click.command()
@click.argument("file", required=False, metavar="[FILE]")
@options.verbose_option
def init(file: str | None) -> None:
    """Print a commented spec to start from, or write it to FILE, which must not be there yet.

    \f

    Raises:
        click.BadParameter: FILE is not named as a spec is.
        click.UsageError: FILE already exists.
    """
    if file is None or file == "-":
        terminal.emit(SPEC)
        return
    if not file.lower().endswith((".yaml", ".yml")):
        raise click.BadParameter(
            f"{file} is not a spec; its name must end with .yaml or .yml.", param_hint="'[FILE]'"
        )
    if os.path.lexists(file):
        raise click.UsageError(f"{file} already exists; choose another name")
    files.write(file, SPEC)
    terminal.note(f"wrote {file}; check it: mergecli validate {file}")
