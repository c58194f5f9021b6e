"""Tests of the adapter for Kraken."""
