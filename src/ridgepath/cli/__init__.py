"""The command line: thin calls into the Python face, which is imported when a command runs."""

from ridgepath.cli.program import app, main

__all__ = ["app", "main"]
