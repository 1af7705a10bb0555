"""Single sign-on by OpenID Connect: authorization code with PKCE, state and nonce; Authlib speaks the protocol.

Nothing of an attempt is kept here: what must be compared at the end goes with the browser, in a cookie that scripts
cannot read. Whatever the identity provider answers wrong is logged; people are told that it did not work, no more.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import dataclasses
import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import joserfc.errors
from authlib.integrations import httpx_client
from authlib.oidc import core
from joserfc import jwk, jws, jwt

from engine import config, errors
from engine.actions import context

PATH = "/login/single-sign-on"
COOKIE = "gongkai_single_sign_on"
#: Seconds that somebody has for signing in at the identity provider.
PATIENCE = 600

#: Signatures that only the provider can make. Not `none`, and none by a shared secret: its public key is known.
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
_KEY_TYPES = ("RSA", "EC", "OKP")
#: Seconds that the provider may take for one answer, that its description is kept, between two looks at its keys.
_TIMEOUT, _KEPT, _BETWEEN_LOOKS = 10.0, 3600.0, 60.0
#: Seconds by which the clocks of the two may differ.
_LEEWAY = 60
#: Attempts that may wait for the provider at the same time: one that hangs must not hold up everybody else's pages.
_AT_ONCE = 8

_log = logging.getLogger(__name__)


class SignOnFailed(errors.Forbidden):
    """统一身份认证没有完成，请重新登录。多次不成功的，请联系系统管理员。"""

    code = "single-sign-on-failed"


@dataclasses.dataclass(frozen=True, slots=True)
class Attempt:
    """What is compared when the browser comes back: only who began the attempt can end it."""

    state: str
    nonce: str
    verifier: str
    target: str

    def cookie(self) -> str:
        """Return it as the value of a cookie."""
        return base64.urlsafe_b64encode(json.dumps(dataclasses.astuple(self)).encode()).decode().rstrip("=")


def attempt(cookie: str) -> Attempt:
    """Read an attempt from its cookie.

    Raises:
        SignOnFailed: There is none: it has run out, was ended before, or began elsewhere.
    """
    try:
        values = json.loads(base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4)))
        state, nonce, verifier, target = (str(value) for value in values if value)
    except (ValueError, TypeError, binascii.Error):
        raise SignOnFailed("登录请求已过期，或不是从本系统的登录页发起的，请重新登录。") from None
    return Attempt(state, nonce, verifier, target)


class SingleSignOn:
    """One identity provider, as the settings name it. Threads may share it; it is asked when first needed."""

    def __init__(self, settings: config.Settings, clock: context.Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._described: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, jwk.KeySet] | None = None

    @property
    def label(self) -> str:
        """Return what people call the provider."""
        return self._settings.oidc_label

    @property
    def redirect_uri(self) -> str:
        """Return where the provider sends browsers back to; it must be registered there."""
        return self._settings.public_url.rstrip("/") + PATH + "/callback"

    def begin(self, target: str) -> tuple[str, Attempt]:
        """Return the address at the provider to send a browser to, and what to compare when it comes back.

        Args:
            target: Where on this server the person wanted to go.

        Raises:
            SignOnFailed: The provider does not answer, or not as one does.
        """
        begun = Attempt(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(32), target)
        with self._speaking():
            endpoint = self._endpoint("authorization_endpoint")
            with self._client() as client:
                address, _ = client.create_authorization_url(
                    endpoint, state=begun.state, nonce=begun.nonce, code_verifier=begun.verifier
                )
        return str(address), begun

    def finish(self, begun: Attempt, answer: Mapping[str, str]) -> str:
        """Return what the provider calls the person who signed in there.

        Args:
            begun: The attempt, from the browser's cookie.
            answer: The parameters that the browser came back with.

        Raises:
            SignOnFailed: The answer does not belong to the attempt, or the provider does not vouch for anybody.
        """
        expected, given = (state.encode(errors="replace") for state in (begun.state, answer.get("state", "")))
        if not hmac.compare_digest(given, expected):
            raise SignOnFailed("登录请求已过期，或不是从本系统的登录页发起的，请重新登录。")
        with self._speaking():
            if answer.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:
                raise ValueError("the answer is of another issuer")
            if "error" in answer or not answer.get("code"):
                raise ValueError(f"the provider refused: {answer.get('error', 'no code')[:80]!r}")
            with self._client() as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=answer["code"],
                    code_verifier=begun.verifier,
                )
            claims = self._claims(token, begun.nonce)
            return self._identity(claims, token)

    def _claims(self, token: Mapping[str, Any], nonce: str) -> Mapping[str, Any]:
        """Return what an ID token says, after everything about it has been checked."""
        text = token.get("id_token")
        if not isinstance(text, str):
            raise ValueError("the answer has no ID token")
        try:
            read = self._decode(text, self._key_set())
        except joserfc.errors.InvalidKeyIdError:  # the provider has new keys
            read = self._decode(text, self._key_set(again=True))
        settings = self._settings
        claims = core.CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": settings.oidc_issuer},
                "aud": {"essential": True, "value": settings.oidc_client_id},
            },
            {"nonce": nonce, "client_id": settings.oidc_client_id, "access_token": token.get("access_token")},
        )
        claims.validate(now=int(self._clock.now().timestamp()), leeway=_LEEWAY)
        return dict(claims)

    @staticmethod
    def _decode(text: str, keys: jwk.KeySet) -> jwt.Token:
        registry = jws.JWSRegistry(algorithms=list(_ALGORITHMS), strict_check_header=False)
        return jwt.decode(text, keys, registry=registry)

    def _identity(self, claims: Mapping[str, Any], token: Mapping[str, Any]) -> str:
        """Return the claim that names the account; where the ID token lacks it, the provider is asked for more."""
        name = self._settings.oidc_claim
        if name not in claims and "userinfo_endpoint" in self._description():
            with self._http() as http:
                answer = http.get(
                    self._endpoint("userinfo_endpoint"), headers={"authorization": f"Bearer {token['access_token']}"}
                )
            more = self._object(answer)
            if more.get("sub") != claims["sub"]:
                raise ValueError("the user information is about somebody else")
            claims = {**more, **claims}
        value = claims.get(name)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"there is no claim {name!r}")
        if name == "email" and claims.get("email_verified") is not True:
            raise ValueError("the address is not verified")
        return value.strip()

    # --- talking to the provider -------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        """Turn whatever goes wrong into one sentence for people and a line of the log for administrators."""
        if not self._room.acquire(blocking=False):
            raise SignOnFailed("统一身份认证繁忙，请稍后再试。")
        try:
            yield
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            _log.error("single sign-on: %s does not answer: %s", self._settings.oidc_issuer, type(error).__name__)
            raise SignOnFailed("统一身份认证暂时不能使用，请稍后再试，或使用密码登录。") from None
        except errors.InvalidInput as error:  # the file of the secret cannot be read
            _log.error("single sign-on: %s", error.message)
            raise SignOnFailed from None
        except (httpx_client.OAuthError, joserfc.errors.JoseError, ValueError, KeyError, TypeError) as error:
            _log.warning("single sign-on refused: %s: %s", type(error).__name__, str(error)[:300])
            raise SignOnFailed from None
        finally:
            self._room.release()

    def _description(self) -> Mapping[str, Any]:
        """Return how the provider describes itself (discovery), from memory when it was asked lately."""
        with self._lock:
            found = self._described
        if found is not None and time.monotonic() - found[0] < _KEPT:
            return found[1]
        issuer = self._settings.oidc_issuer
        with self._http() as http:
            described = self._object(http.get(issuer.rstrip("/") + "/.well-known/openid-configuration"))
        if described.get("issuer") != issuer:
            raise ValueError(f"the provider calls itself {str(described.get('issuer'))[:200]!r}, expected {issuer!r}")
        with self._lock:
            self._described = (time.monotonic(), described)
        return described

    def _endpoint(self, name: str) -> str:
        address = self._description()[name]
        if not isinstance(address, str) or not config.is_protected(address):
            raise ValueError(f"{name} is not protected by TLS: {str(address)[:200]!r}")
        return address

    def _key_set(self, *, again: bool = False) -> jwk.KeySet:
        with self._lock:
            found = self._keys
        age = 0.0 if found is None else time.monotonic() - found[0]
        if found is not None and age < (_BETWEEN_LOOKS if again else _KEPT):
            return found[1]
        with self._http() as http:
            published = self._object(http.get(self._endpoint("jwks_uri")))
        keys = [each for each in published["keys"] if isinstance(each, dict)]
        usable = [each for each in keys if each.get("kty") in _KEY_TYPES and each.get("use") != "enc"]
        imported = jwk.KeySet.import_key_set({"keys": usable})
        with self._lock:
            self._keys = (time.monotonic(), imported)
        return imported

    @staticmethod
    def _object(answer: httpx2.Response) -> dict[str, Any]:
        answer.raise_for_status()
        found = answer.json()
        if not isinstance(found, dict):
            raise ValueError("the answer is no JSON object")
        return found

    def _client(self) -> httpx_client.OAuth2Client:
        settings, secret = self._settings, self._settings.oidc_secret
        known = self._description().get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        basic = "client_secret_basic" in known or "client_secret_post" not in known
        method = ("client_secret_basic" if basic else "client_secret_post") if secret else "none"
        return httpx_client.OAuth2Client(
            client_id=settings.oidc_client_id,
            client_secret=secret or None,
            token_endpoint_auth_method=method,
            scope=settings.oidc_scopes,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            **self._options(),
        )

    def _http(self) -> httpx2.Client:
        return httpx2.Client(**self._options())

    def _options(self) -> dict[str, Any]:
        # A provider on this machine is not reached through the proxy of the network.
        return {"timeout": _TIMEOUT, "trust_env": self._settings.oidc_issuer.startswith("https:")}


def of(engine: context.Engine) -> SingleSignOn | None:
    """Return the single sign-on of the settings; None where none is set up."""
    return SingleSignOn(engine.settings, engine.clock) if engine.settings.oidc_issuer else None
