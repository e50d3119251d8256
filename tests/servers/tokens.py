"""An identity provider for tests: POST gives a client its access token (RFC 6749 section 4.4), signed by a key that
goes into a JWKS file.

Usage: tokens.py PORT JWKS-FILE CLIENT-ID CLIENT-SECRET
"""

import base64
import json
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

port, jwks_file, client_id, client_secret = sys.argv[1:]
key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))


class Tokens(BaseHTTPRequestHandler):
    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        scheme, _, credentials = self.headers.get("Authorization", "").partition(" ")
        given = base64.b64decode(credentials).decode() if scheme == "Basic" else ""
        wanted = f"{client_id}:{client_secret}"
        if urllib.parse.unquote(given) != wanted or form.get("grant_type") != ["client_credentials"]:
            return self.answer(401, {"error": "invalid_client"})
        now = int(time.time())
        claims = {"sub": client_id, "aud": "kafka", "iat": now, "exp": now + 300,
                  "scope": form.get("scope", ["none"])[0]}
        token = jwt.encode(claims, key, algorithm="RS256", headers={"kid": "test"})
        self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 300})

    def answer(self, status, fields):
        body = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = ThreadingHTTPServer(("127.0.0.1", int(port)), Tokens)
with open(jwks_file, "w") as file:
    json.dump({"keys": [{**public, "kid": "test", "use": "sig", "alg": "RS256"}]}, file)
server.serve_forever()
