"""`python -m sonovae`."""

from sonovae.console.cli import main

main()
