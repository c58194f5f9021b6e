"""What many and slow clients do to a server, measured from outside."""
