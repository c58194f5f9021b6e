"""The only home of SQL. Use cases see `port.py`; `journal.py` is the cancel journal."""
