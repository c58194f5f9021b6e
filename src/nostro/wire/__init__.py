"""SnapTrade's shapes, and nothing else: as the published OpenAPI file and the official SDKs have them.

Field names are SnapTrade's. In every struct `None` is written as null; `UNSET` leaves the key out.
"""
