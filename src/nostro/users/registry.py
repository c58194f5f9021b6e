"""Register, list and delete a partner's users, rotate their secrets, tell a right secret from a wrong one."""

import hashlib
import hmac
from collections.abc import Sequence

from nostro.domain.errors import InvalidRequest, UserExists, UserUnknown
from nostro.domain.ids import ClientId, UserId
from nostro.ports import Clock, Ids
from nostro.storage.port import Owner, PartnerKey, Users

PERSONAL_USER = UserId("personal")
"""The one user of a personal key; its requests name none."""

_SECRET_CHARS = 43
_USER_ID_CHARS_MAX = 256
_NOBODY = hashlib.sha256(b"").digest()


class UserRegistry:
    def __init__(self, *, users: Users, clock: Clock, ids: Ids) -> None:
        self._users = users
        self._clock = clock
        self._ids = ids

    async def register(self, owner: Owner, secret: str | None = None) -> str:
        """Add a user and return its secret, which cannot be read again; raises UserExists, InvalidRequest."""
        if not owner.user_id.strip() or len(owner.user_id) > _USER_ID_CHARS_MAX:
            raise InvalidRequest(f"userId must have 1 to {_USER_ID_CHARS_MAX} characters.")
        secret = secret or self._ids.secret(_SECRET_CHARS)
        if not await self._users.add(owner, hash_secret(secret), self._clock.now()):
            raise UserExists(f"User with the following userId already exist: '{owner.user_id}'")
        return secret

    async def register_personal(self, key: PartnerKey) -> None:
        """Add the one user of a personal key. Nobody knows its secret: the signature alone lets it in."""
        await self.register(Owner(client_id=key.client_id, user_id=PERSONAL_USER))

    async def check(self, owner: Owner, secret: str) -> None:
        """Raise UserUnknown, in the same time and words, for an unknown user and for a wrong secret."""
        known = await self._users.secret_hash(owner)
        if not hmac.compare_digest(known or _NOBODY, hash_secret(secret)) or known is None:
            raise UserUnknown

    async def rotate(self, owner: Owner, present: str) -> str:
        """Replace the secret and return the new one.

        The old one is dead when this returns, in every process.
        """
        await self.check(owner, present)
        secret = self._ids.secret(_SECRET_CHARS)
        if not await self._users.rotate(owner, hash_secret(present), hash_secret(secret)):
            raise UserUnknown  # somebody else rotated it since the check
        return secret

    async def list(self, client_id: ClientId) -> Sequence[UserId]:
        return await self._users.list(client_id)

    async def delete(self, owner: Owner) -> None:
        """Delete the user with its connections; raises UserUnknown."""
        if not await self._users.delete(owner, self._clock.now()):
            raise UserUnknown


def hash_secret(secret: str) -> bytes:
    """Hash a user secret. One round is enough: secrets are 256 random bits, not passwords."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
