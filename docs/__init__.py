"""Pages for people, and the program that writes what the code knows better (`generate.py`)."""
