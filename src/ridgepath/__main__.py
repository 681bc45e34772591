"""``python -m ridgepath`` is the command line."""

from ridgepath.cli import main

main()
