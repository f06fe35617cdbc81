"""The command line: one file for each family of commands. `amparo_notify/__main__.py` imports the one that is asked for."""
