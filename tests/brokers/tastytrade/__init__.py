"""Tests of the adapter for tastytrade."""
