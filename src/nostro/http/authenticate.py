"""Who is calling: the signature over exactly what is executed, the timestamp, the user's secret."""

from collections.abc import Mapping

from nostro.domain.errors import (
    ClientUnknown,
    CredentialsMissing,
    ReplayRefused,
    SignatureInvalid,
    Unauthenticated,
)
from nostro.domain.ids import ClientId, UserId
from nostro.http.call import Caller
from nostro.http.operation import Operation, Who
from nostro.ports import Clock
from nostro.settings import Replay, Settings
from nostro.storage.port import Keys, Owner, PartnerKey, SeenRequests
from nostro.users.registry import PERSONAL_USER, UserRegistry
from nostro.wire.signature import Form, SignedRequest, check_timestamp, signed_value, verify

_FORMS_MAX = 1024
"""How many clients' last matching form is remembered; what is forgotten costs a few more HMACs."""


class Authenticator:
    def __init__(
        self, *, keys: Keys, users: UserRegistry, seen: SeenRequests, clock: Clock, settings: Settings
    ) -> None:
        self._keys = keys
        self._users = users
        self._seen = seen
        self._clock = clock
        self._settings = settings
        self._forms: dict[ClientId, Form] = {}

    async def __call__(
        self, operation: Operation, request: SignedRequest, query: Mapping[str, str], signature: str
    ) -> tuple[Caller, object]:
        """Prove the caller; returns it with the body as signed. Raises an Unauthenticated refusal.

        It leaves no trace: whoever is refused next may send the same bytes again. The signature comes before
        the user, so that only holders of a key can ask whether a user exists.
        """
        key = await self._key(query)
        settings = self._settings
        check_timestamp(
            query.get("timestamp", ""),
            self._clock.now(),
            settings.timestamp_past_s,
            settings.timestamp_future_s,
        )
        form = verify(request, signature, key.consumer_key, self._forms.get(key.client_id))
        if form is None:
            raise SignatureInvalid
        self._remember(key.client_id, form)
        user = await self._user(key, query) if operation.who is Who.USER else None
        return Caller(key=key, user=user), signed_value(request.document, form)

    async def _key(self, query: Mapping[str, str]) -> PartnerKey:
        client_id = query.get("clientId")
        if not client_id:
            raise Unauthenticated
        key = await self._keys.get(ClientId(client_id))
        if key is None:
            raise ClientUnknown
        return key

    async def _user(self, key: PartnerKey, query: Mapping[str, str]) -> Owner:
        if key.is_personal:  # some SDKs send a user all the same; it says nothing
            return Owner(client_id=key.client_id, user_id=PERSONAL_USER)
        user_id, secret = query.get("userId"), query.get("userSecret")
        if not user_id or not secret:
            raise CredentialsMissing
        owner = Owner(client_id=key.client_id, user_id=UserId(user_id))
        await self._users.check(owner, secret)
        return owner

    async def use_signature(self, operation: Operation, key: PartnerKey, signature: str) -> None:
        """Refuse a second use of a signature; where only the method is at stake, one with another method.

        Raises ReplayRefused. What may be repeated costs nothing.
        """
        is_used_once = not operation.is_repeatable and self._settings.replay is Replay.REFUSE
        if not operation.shares_path and not is_used_once:
            return
        now = self._clock.now()
        before = await self._seen.method_of_first(key.client_id, signature, operation.method, now)
        if before is not None and (before != operation.method or not operation.is_repeatable):
            raise ReplayRefused

    def _remember(self, client_id: ClientId, form: Form) -> None:
        if len(self._forms) >= _FORMS_MAX:
            self._forms.clear()
        self._forms[client_id] = form
