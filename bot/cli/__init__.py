"""The `zimerr` command line: one module per command."""
