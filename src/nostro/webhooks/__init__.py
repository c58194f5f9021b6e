"""Telling partners what happened: the relay, the client that delivers, and the guard of where it may."""
