"""Adapters, each tried over scripted replies."""
