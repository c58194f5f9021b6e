"""`python -m nostro` is the `nostro` command."""

from nostro.cli.main import main

main()
