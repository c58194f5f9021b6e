"""Tests of the adapter for Charles Schwab."""
