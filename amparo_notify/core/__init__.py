"""The pure floor: standard library only; no I/O, no clock, no randomness."""
