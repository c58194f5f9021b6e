"""The promises under fire, for as long as you like: `make torture`. A smoke run of each part is in the tests.

outcome.py   what every part gives back
"""
