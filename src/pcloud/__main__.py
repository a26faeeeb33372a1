"""`python -m pcloud`: the command line."""

from pcloud.cli.main import main

main()
