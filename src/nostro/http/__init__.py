"""HTTP: decode, call, encode. `operations.py` is the table of everything this server answers."""
