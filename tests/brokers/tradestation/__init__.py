"""Tests of the adapter for TradeStation."""
