"""Tests of the adapter for Binance spot."""
