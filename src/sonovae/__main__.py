"""`python -m sonovae`."""

from sonovae.cli import main

main()
