"""Every family of commands: the module that defines it, and what it is for. Only the one asked for is imported."""

from typing import NamedTuple


class Family(NamedTuple):
    """A module of this package with `add_parsers(commands)`, which registers a parser for each of its families and
    sets on each the default `run`: a function from the parsed options to the exit code."""

    module: str
    about: str


FAMILIES = {
    "serve": Family("serve", "web and worker together, supervised; --demo for the demonstration"),
    "web": Family("web", "the web server alone"),
    "worker": Family("worker", "the worker alone: sends, chases, escalates"),
    "watchdog": Family(
        "watchdog", "a watchman apart: reads, raises alarms by its own road, and is itself watched"
    ),
    "db": Family("db", "bring the database's tables up to date"),
    "submit": Family("submit", "submit a signed order"),
    "order": Family("order", "list orders, show one"),
    "verify": Family("verify", "judge a signed document"),
    "certificate": Family("verify", "read certificates, Mexican ones included"),
    "court": Family("court", "add and list courts and their signers"),
    "station": Family("station", "add and list stations"),
    "officer": Family("officer", "add, list and invite officers"),
    "user": Family("user", "add and list court staff and administrators; API tokens"),
    "roster": Family("roster", "show, import and export who is on duty"),
    "policy": Family("policy", "show, set and preview how an order escalates"),
    "drill": Family("drill", "send an invented order through, and see who answers"),
    "simulate": Family("simulate", "run years of orders through a policy in seconds"),
    "keys": Family("keys", "list and rotate the keys that sign and encrypt"),
    "doctor": Family("doctor", "check everything at once"),
    "demo-prepare": Family("demo_prepare", ""),  # what `serve --demo` runs; not for people
    "demo-order": Family("demo_order", ""),
}
