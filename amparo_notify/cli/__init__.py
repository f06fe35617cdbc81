"""The command line: one file for each family of commands. `__main__.py` imports the one asked for."""
