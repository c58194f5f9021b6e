"""What every adapter answers (`port.py`), how one is described (`spec.py`), and one folder per vendor."""
