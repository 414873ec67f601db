"""`python -m mergecli` is `mergecli`."""

from mergecli.cli import main

main()
