"""Handlers for a partner's users, and for the way into the connection portal."""

from urllib.parse import urlencode

from nostro.domain.errors import CredentialsMissing, InvalidRequest, NotForPersonalKeys
from nostro.domain.ids import UserId
from nostro.http.call import Answer, Call
from nostro.storage.port import Owner
from nostro.wire.forms import LoginForm, RegisterUserForm, ResetUserSecretForm
from nostro.wire.users import LoginRedirectURI, UserIDandSecret, render_deleted_user

PORTAL_PATH = "/snapTrade/redeemToken"


async def list_users(call: Call) -> Answer:
    _refuse_personal(call)
    return Answer(body=await call.do.users.list(call.key.client_id))


async def register_user(call: Call) -> Answer:
    _refuse_personal(call)
    owner = Owner(client_id=call.key.client_id, user_id=UserId(call.form(RegisterUserForm).userId))
    secret = await call.do.users.register(owner)
    return Answer(body=UserIDandSecret(userId=owner.user_id, userSecret=secret))


async def delete_user(call: Call) -> Answer:
    _refuse_personal(call)
    user_id = call.query.get("userId")
    if not user_id:
        raise InvalidRequest("`userId` is required.")
    owner = Owner(client_id=call.key.client_id, user_id=UserId(user_id))
    for connection in await call.do.connections.list(owner):
        call.do.sessions.forget(connection.connection_id)
    await call.do.users.delete(owner)
    return Answer(body=render_deleted_user(user_id))


async def reset_user_secret(call: Call) -> Answer:
    """Rotate the secret. The old one, which the call must carry, is dead when the answer leaves."""
    _refuse_personal(call)
    form = call.form(ResetUserSecretForm)
    user_id, secret = form.userId or call.query.get("userId"), form.userSecret or call.query.get("userSecret")
    if not user_id or not secret:
        raise CredentialsMissing("Please provide userId and userSecret in the request body.")
    owner = Owner(client_id=call.key.client_id, user_id=UserId(user_id))
    return Answer(body=UserIDandSecret(userId=user_id, userSecret=await call.do.users.rotate(owner, secret)))


async def login(call: Call) -> Answer:
    """Make a link into the connection portal. Clients append parameters to it, so it always has a query."""
    form = call.form(LoginForm)
    options = {
        "broker": form.broker or "",
        "connection_type": form.connectionType or "read",
        "custom_redirect": form.customRedirect or "",
        "reconnect": form.reconnect or "",
    }
    link = await call.do.links.make(call.owner, options)
    query = urlencode({"token": link.token, "clientId": call.key.client_id, "sessionId": link.session_id})
    return Answer(
        body=LoginRedirectURI(redirectURI=f"{call.base_url}{PORTAL_PATH}?{query}", sessionId=link.session_id)
    )


def _refuse_personal(call: Call) -> None:
    if call.key.is_personal:
        raise NotForPersonalKeys
