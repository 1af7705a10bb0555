"""An identity provider for tests: OpenID Connect over HTTP on loopback, in a process of its own.

Run it with a JSON object of what it is to do; it prints the address it listens on. `POST /control` changes what it does,
so that a test can have it answer as an attacker would.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import secrets
import sys
import urllib.parse
from typing import Any

from joserfc import jwk, jws, jwt

CLIENT_ID, CLIENT_SECRET = "gongkai", "s3cret-of-the-office"
KEYS = {
    name: jwk.RSAKey.generate_key(2048, {"kid": name, "use": "sig", "alg": "RS256"}) for name in ("first", "second")
}
STRANGER = jwk.RSAKey.generate_key(2048, {"kid": "first"})


class Provider(http.server.ThreadingHTTPServer):
    """What the provider knows: who is at its login page, codes it has given, and how it is to misbehave."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.does: dict[str, Any] = {"sub": "sub-1", "now": 0}
        self.codes: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []

    @property
    def issuer(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    server: Provider

    def do_GET(self) -> None:
        """Describe itself, publish keys, sign people in."""
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        self.server.asked.append(address.path)
        match address.path:
            case "/.well-known/openid-configuration":
                self.answer(self.description())
            case "/jwks":
                shown = self.server.does.get("keys", ["first"])
                self.answer({"keys": [KEYS[name].as_dict(private=False) for name in shown]})
            case "/authorize":
                self.authorize(query)
            case "/userinfo":
                self.answer(self.server.does["userinfo"])
            case "/asked":
                self.answer(self.server.asked)
            case _:
                self.answer({}, 404)

    def do_POST(self) -> None:
        """Exchange a code, or change what is done."""
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        if self.path == "/control":
            self.server.does.update(json.loads(body))
            self.server.asked.clear()
            self.answer({})
        elif self.path == "/token":
            self.server.asked.append("/token")
            self.token(dict(urllib.parse.parse_qsl(body)))

    def description(self) -> dict[str, Any]:
        issuer = self.server.issuer
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "jwks_uri": f"{issuer}/jwks",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **self.server.does.get("description", {}),
        }

    def authorize(self, query: dict[str, str]) -> None:
        """Send the browser back with a code: whoever `sub` names has signed in."""
        wanted = {"response_type": "code", "client_id": CLIENT_ID, "code_challenge_method": "S256"}
        if any(query.get(name) != value for name, value in wanted.items()) or "openid" not in query["scope"]:
            return self.answer({"error": "invalid_request"}, 400)
        code = secrets.token_urlsafe(16)
        self.server.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.server.issuer, **self.server.does.get("back", {})}
        self.send_response(302)
        self.send_header("location", f"{query['redirect_uri']}?{urllib.parse.urlencode(back)}")
        self.end_headers()
        return None

    def token(self, form: dict[str, str]) -> None:
        """Give an ID token for a code, once, to the client that proves that it began."""
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        if (scheme, base64.b64decode(given).decode()) != ("Basic", f"{CLIENT_ID}:{CLIENT_SECRET}"):
            return self.answer({"error": "invalid_client"}, 401)
        begun = self.server.codes.pop(form.get("code", ""), None)
        if begun is None or begun["redirect_uri"] != form.get("redirect_uri"):
            return self.answer({"error": "invalid_grant"}, 400)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if challenge.rstrip(b"=").decode() != begun["code_challenge"]:
            return self.answer({"error": "invalid_grant", "error_description": "PKCE"}, 400)
        answer = {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}
        return self.answer({**answer, **self.server.does.get("token", {})})

    def id_token(self, nonce: str) -> str:
        does, now = self.server.does, int(self.server.does["now"])
        claims = {"iss": self.server.issuer, "sub": does["sub"], "aud": CLIENT_ID, "nonce": nonce}
        claims |= {"iat": now, "exp": now + 300, **does.get("claims", {})}
        claims = {name: value for name, value in claims.items() if value is not None}
        kid = does.get("kid", "first")
        key = STRANGER if does.get("forged") else KEYS[kid]
        header = {"alg": "RS256", "kid": kid, "typ": "JWT", "x-extra": "yes", **does.get("header", {})}
        if header["alg"] in ("none", "HS256"):  # no library makes these any more
            parts = [encoded(json.dumps(each).encode()) for each in (header, claims)]
            # The public key as if it were a secret that the two share.
            made = hmac.digest(KEYS[kid].as_pem(private=False), ".".join(parts).encode(), "sha256")
            return ".".join([*parts, encoded(made) if header["alg"] == "HS256" else ""])
        return jwt.encode(
            header, claims, key, registry=jws.JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
        )

    def answer(self, content: Any, status: int = 200) -> None:
        """Answer with JSON."""
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def encoded(content: bytes) -> str:
    """Return bytes as a part of a token."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


if __name__ == "__main__":
    with Provider() as provider:
        provider.does.update(json.loads(sys.argv[1]))
        print(provider.issuer, flush=True)
        provider.serve_forever()
