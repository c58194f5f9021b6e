"""Tests of the adapter for Tradier."""
