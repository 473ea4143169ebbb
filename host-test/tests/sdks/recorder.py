"""A server that records requests and plays given streams.

The stand-in checks what it receives. This one accepts everything, so that only the vendors' SDKs judge a body.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFUSING = "/refusing"


@dataclass
class Recorded:
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any


class Recorder:
    """The server. `requests` are those of the component, `refused` those of the SDKs."""

    def __init__(self) -> None:
        self.requests: list[Recorded] = []
        self.refused: list[Recorded] = []
        # The body of each coming response, in order; `None` for a list of models.
        self.streams: list[str] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                recorder.respond(self)

            def do_GET(self) -> None:
                # The component may list models before it chooses a route. Without a list it relies on its own table.
                self.reply(404, "application/json", b'{"error":{"message":"no list here"}}')

            def reply(self, status: int, media_type: str, content: bytes) -> None:
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nothing: the standard class prints each request."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def refusing_url(self) -> str:
        """Below it every request is recorded and refused, with an error that no SDK repeats."""
        return self.url + REFUSING

    def respond(self, handler: Any) -> None:
        content = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        try:
            body = json.loads(content)
        except ValueError:
            body = None
        headers = {name.lower(): value for name, value in handler.headers.items()}
        if handler.path.startswith(REFUSING):
            self.refused.append(Recorded(handler.path.removeprefix(REFUSING), headers, body))
            handler.reply(400, "application/json", b'{"error":{"message":"recorded","type":"x","code":400}}')
            return
        self.requests.append(Recorded(handler.path, headers, body))
        if self.streams:
            handler.reply(200, "text/event-stream", self.streams.pop(0).encode())
        else:
            handler.reply(500, "application/json", b'{"error":{"message":"no stream is left"}}')

    def close(self) -> None:
        self.server.shutdown()
