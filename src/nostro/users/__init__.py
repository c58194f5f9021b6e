"""API partners' users: register, list, rotate the secret, delete."""
