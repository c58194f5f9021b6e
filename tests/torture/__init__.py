"""The promises under fire, for as long as you like: `make torture`. A smoke run of each part is in the tests.

outcome.py   what every part gives back
power.py     power cuts under servers at work, on a machine (machine.py) with a disk (disk.py, disk.c) and,
             on PostgreSQL, a database server (cluster.py) of its own
"""
