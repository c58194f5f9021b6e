"""The adapter of Alpaca."""
