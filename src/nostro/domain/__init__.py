"""Values and pure decisions. Imports the standard library only; no I/O, no clock, no randomness."""
