"""`python -m mergecli` is `mergecli`."""

from mergecli.cli.main import main

main()
