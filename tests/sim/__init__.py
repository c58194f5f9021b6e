"""The embedded exchange, tried from outside."""
