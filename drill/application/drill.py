"""The example application with what the drill asks of it besides.

It keeps a receipt of every POST, tells the headers that it was sent, answers a POST late when it is asked to, holds
WebSockets, and falls ill on demand: `echo slow >/tmp/fault` makes it answer everything three seconds late, `echo late` 0.9 s,
`echo 500 >/tmp/fault` with an error. With ONE_AT_A_TIME in its environment it serves one request after the other, its
health check among them. It passes its check only READY_AFTER seconds after its start, where that is set. Where PROVIDER tells
of another service, HOST:PORT, it calls that for whoever asks for /call.
"""

import base64
import hashlib
import http.client
import json
import os
import pathlib
import threading
import time
import urllib.parse

import server

READY = time.monotonic() + float(os.environ.get("READY_AFTER", 0))
FAULT = pathlib.Path("/tmp/fault")
# RFC 6455, section 1.3.
WEBSOCKET_KEY = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
ONE_AT_A_TIME = "ONE_AT_A_TIME" in os.environ
PROVIDER = os.environ.get("PROVIDER", "")

turn = threading.Lock()


def open_receipts():
    """A file in the log volume, which outlives the container; each line is in it as soon as it is written."""
    folder = os.path.join(os.environ["LOG_DIR"], "receipts")
    os.makedirs(folder, exist_ok=True)
    return os.open(os.path.join(folder, server.HOSTNAME), os.O_WRONLY | os.O_CREAT | os.O_APPEND)


receipts = open_receipts()


class Handler(server.Handler):
    has_turn = False

    def handle_one_request(self):
        try:
            super().handle_one_request()
        finally:
            if self.has_turn:
                self.has_turn = False
                turn.release()

    def parse_request(self):
        if not super().parse_request():
            return False
        if ONE_AT_A_TIME:
            self.has_turn = turn.acquire()
        number = self._query("id")
        if self.command == "POST" and number:
            os.write(receipts, f"{number}\n".encode())
        return not self._falls_ill()

    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/ticks":
            self._tick()
        elif path == "/health" and time.monotonic() < READY:
            self._send(503, "text/plain", "still starting\n")
        elif path.startswith("/assets/"):
            # Each version has its own.
            known = self.path == f"/assets/{server.VERSION}"
            self._send(200 if known else 404, "text/plain", server.VERSION)
        elif path == "/headers":
            # As they came, those of one name too.
            self._send(200, "application/json", json.dumps(self.headers.items()))
        elif path == "/lines":
            self._lines()
        elif path == "/call":
            self._call("GET", "/")
        else:
            super().do_GET()

    def do_OPTIONS(self):
        self._send(200, "text/plain", '"version" may be asked for\n')

    def do_POST(self):
        time.sleep(float(self._query("seconds") or 0))
        if urllib.parse.urlsplit(self.path).path == "/call":
            self._call("POST", "/echo", self.rfile.read(int(self.headers["Content-Length"])))
        else:
            super().do_POST()

    def _call(self, method, path, body=None):
        """Answers as the other service does, which is asked once, by a connection of its own."""
        try:
            connection = http.client.HTTPConnection(PROVIDER, timeout=10)
            connection.request(method, path, body, {"Accept": "application/json"})
            answer = connection.getresponse()
            status, text = answer.status, answer.read()
            connection.close()
        except (OSError, http.client.HTTPException) as error:
            status, text = 502, f"the provider: {error!r}\n"
        self._send(status, "application/json", text)

    def _query(self, name):
        return urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get(name, [None])[0]

    def _falls_ill(self):
        """Whether the request has been answered with an error."""
        fault = FAULT.read_text().strip() if FAULT.exists() else ""
        time.sleep({"late": 0.9, "slow": 3}.get(fault, 0))
        if fault != "500":
            return False
        self.close_connection = True
        self._send(500, "text/plain", "ill on demand\n")
        self.wfile.flush()
        return True

    def _lines(self):
        """So many lines, so many seconds apart: a download, or an event stream."""
        count = int(self._query("count"))
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(5 * count))
        self.end_headers()
        for _ in range(count):
            self.wfile.write(b"line\n")
            self.wfile.flush()
            time.sleep(float(self._query("every")))

    def _tick(self):
        """A WebSocket that says something five times a second, until either side goes."""
        key = self.headers.get("Sec-WebSocket-Key", "") + WEBSOCKET_KEY
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(hashlib.sha1(key.encode()).digest()).decode())
        self.end_headers()
        self.close_connection = True
        try:
            while not self.server.stopping:
                self.wfile.write(b"\x81\x04tick")
                self.wfile.flush()
                time.sleep(0.2)
            self.wfile.write(b"\x88\x02\x03\xe9")
            self.wfile.flush()
        except OSError:
            pass  # the client went first


server.Handler = Handler

if __name__ == "__main__":
    server.main()
