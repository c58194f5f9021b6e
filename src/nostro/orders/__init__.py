"""One file per command on orders. `cancel.py` is what nostro exists for."""
