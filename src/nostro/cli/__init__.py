"""The `nostro` command, one file per group of commands."""
