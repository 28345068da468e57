"""What a machine asks of Google, answered on this one: metadata, secrets, buckets, packages."""

import http.server
import json
import re
import threading


class Google(http.server.ThreadingHTTPServer):
    """Answers what a machine asks; keeps secrets in memory."""

    def __init__(self, attributes: dict[str, str]):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.attributes, self.secrets, self.objects = attributes, {}, {}
        self.disabled: set[str] = set()
        self.refuse_next = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path
        if path.startswith("/metadata/") and self.headers.get("Metadata-Flavor") == "Google":
            name = path.removeprefix("/metadata/")
            token = '{"access_token": "tok", "expires_in": 3599, "token_type": "Bearer"}'
            fixed = {
                "project/project-id": "test-project",
                "instance/service-accounts/default/token": token,
            }
            text = fixed.get(name, self.server.attributes.get(name.rpartition("/")[2]))
            return self._answer(None if text is None else text.encode())
        if self.headers.get("Authorization") != "Bearer tok":
            return self._answer(None, 401)
        if self.server.refuse_next:
            self.server.refuse_next -= 1
            return self._answer(None, 403)
        if found := re.fullmatch(
            r"/secrets/projects/test-project/secrets/([^/]+)/versions/latest:access", path
        ):
            if found[1] in self.server.disabled:
                said = {"error": {"code": 400, "message": "the version is in DISABLED state."}}
                return self._answer(json.dumps(said).encode(), 400)
            value = self.server.secrets.get(found[1])
            if value is None:
                return self._answer(None)
            return self._answer(json.dumps({"payload": {"data": value}}, indent=2).encode())
        return self._answer(self.server.objects.get(path))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = re.fullmatch(
            r"/secrets/projects/test-project/secrets/([^/]+):addVersion", self.path
        )
        if not found or self.headers.get("Authorization") != "Bearer tok":
            return self._answer(None, 403)
        self.server.secrets[found[1]] = body["payload"]["data"]
        self.server.disabled.discard(found[1])
        return self._answer(b"{}")

    def _answer(self, body, status=None):
        self.send_response(status or (404 if body is None else 200))
        self.end_headers()
        if body is not None:
            self.wfile.write(body)

    def log_message(self, *_):
        pass
