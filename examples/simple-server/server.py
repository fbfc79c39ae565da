"""A small web application that shows which of its copies answered.

It is an ordinary HTTP server: it knows nothing of Consul or of the load balancers in front of it.
"""

import html
import http.server
import itertools
import json
import logging
import logging.handlers
import os
import pathlib
import select
import signal
import socket
import threading
import time
import urllib.parse

VERSION = os.environ.get("VERSION", "1.0.0")
HOSTNAME = socket.gethostname()
# Where a counter is kept, as host:port.
STORE = os.environ.get("STORE", "")
PAGE = pathlib.Path(__file__).with_name("page.html").read_text(encoding="utf-8")
MAX_BODY = 10 * 2**20
MAX_DELAY = 60

access_log = logging.getLogger("access")
page_numbers = itertools.count(1)


class Server(http.server.ThreadingHTTPServer):
    # A burst of connections waits in the kernel rather than being refused.
    request_queue_size = 1024
    # Closing the server waits for requests in flight: Python waits only for threads that are no daemons.
    daemon_threads = False

    def __init__(self, address):
        super().__init__(address, Handler)
        self.stopping = False
        self._idle = set()
        self._lock = threading.Lock()

    def enter_idle(self, connection):
        """Notes that a connection waits for its next request; closes it when the server is stopping."""
        with self._lock:
            self._idle.add(connection)
            if self.stopping:
                _hang_up(connection)

    def leave_idle(self, connection):
        with self._lock:
            self._idle.discard(connection)

    def stop(self):
        """Accepts no more, closes what is idle and lets `serve_forever` return."""
        with self._lock:
            self.stopping = True
            for connection in self._idle:
                _hang_up(connection)
        self.shutdown()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"simple-server/{VERSION}"
    disable_nagle_algorithm = True
    # Head and body leave in one packet.
    wbufsize = 64 * 1024
    # Longer than any balancer keeps an idle connection, so that it is never this side that hangs up first.
    timeout = 120

    def handle_one_request(self):
        self.server.enter_idle(self.connection)
        super().handle_one_request()

    def parse_request(self):
        self.server.leave_idle(self.connection)
        return super().parse_request()

    def handle_expect_100(self):
        proceed = super().handle_expect_100()
        self.wfile.flush()
        return proceed

    def finish(self):
        self.server.leave_idle(self.connection)
        super().finish()

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/":
            self._page("It works", "One of several copies answered you. Reload, and another one may.")
        elif url.path == "/about":
            self._page("About", "A small Python server, copied, found by Consul and balanced by HAProxy.")
        elif url.path == "/health":
            self._send(200, "text/plain", "ok\n")
        elif url.path == "/count":
            self._count()
        elif url.path == "/slow":
            self._slow(urllib.parse.parse_qs(url.query))
        else:
            self._send(404, "text/plain", "not found\n")

    do_HEAD = do_GET

    def do_POST(self):
        try:
            length = int(self.headers.get("Content-Length", ""))
        except ValueError:
            length = -1
        if not 0 <= length <= MAX_BODY:
            # The body stays unread, so that the connection cannot be used again.
            self.close_connection = True
            self._send(411 if length < 0 else 413, "text/plain", "a Content-Length up to 10 MiB is needed\n")
            return
        body = self.rfile.read(length)
        if urllib.parse.urlsplit(self.path).path == "/echo":
            self._send(200, "application/octet-stream", body)
        else:
            self._send(404, "text/plain", "not found\n")

    def _slow(self, query):
        try:
            seconds = float(query.get("seconds", ["2"])[0])
        except ValueError:
            seconds = -1
        if not 0 <= seconds <= MAX_DELAY:
            self._send(400, "text/plain", f"seconds must be a number from 0 to {MAX_DELAY}\n")
            return
        time.sleep(seconds)
        self._send(200, "text/plain", f"answered after {seconds:g} s\n")

    def _count(self):
        """Counts in a store that all copies share, where they are told of one: it speaks as Redis and Valkey do."""
        if not STORE:
            self._send(404, "text/plain", "there is no store: see STORE\n")
            return
        host, _, port = STORE.rpartition(":")
        try:
            with socket.create_connection((host, int(port)), timeout=2) as store:
                store.sendall(b"INCR requests\r\n")
                answer = store.makefile().readline()
        except (OSError, ValueError) as error:
            answer = str(error)
        if answer.startswith(":"):
            self._send(200, "text/plain", answer[1:].strip() + "\n")
        else:
            self._send(503, "text/plain", f"the store says {answer.strip() or 'nothing'}\n")

    def _page(self, title, text):
        facts = {"server": HOSTNAME, "version": VERSION, "requests": next(page_numbers)}
        if "application/json" in self.headers.get("Accept", ""):
            self._send(200, "application/json", json.dumps(facts) + "\n")
            return
        page = PAGE
        for name, value in {**facts, "title": title, "text": text}.items():
            page = page.replace("{{" + name + "}}", html.escape(str(value)))
        self._send(200, "text/html; charset=utf-8", page)

    def _send(self, status, content_type, body):
        body = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Served-By", HOSTNAME)
        if self.server.stopping or self.close_connection:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        access_log.info('%s "%s" %s', self.client_address[0], self.requestline, int(code))

    def log_message(self, format, *args):
        access_log.info("%s %s", self.client_address[0], format % args)


def _hang_up(connection):
    """Ends the wait for a next request; what has arrived already is still read and answered."""
    try:
        connection.shutdown(socket.SHUT_RD)
    except OSError:
        pass  # the client was faster


def set_up_access_log(folder):
    """Writes the access log to a file of this copy's own, a few times a second rather than once a request."""
    access_log.setLevel(logging.INFO)
    access_log.propagate = False
    access_log.addHandler(logging.NullHandler())
    if not folder:
        return
    try:
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"{HOSTNAME}.log")
        file = logging.handlers.RotatingFileHandler(path, maxBytes=10 * 2**20, backupCount=3)
    except OSError as error:
        print(f"no access log: {error}", flush=True)
        return
    file.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    buffer = logging.handlers.MemoryHandler(capacity=500, target=file)
    access_log.addHandler(buffer)

    def flush_for_ever():
        while True:
            time.sleep(0.5)
            buffer.flush()

    threading.Thread(target=flush_for_ever, daemon=True).start()


def main():
    set_up_access_log(os.environ.get("LOG_DIR"))
    port = int(os.environ.get("PORT", "8000"))
    server = Server(("", port))

    def stop(*_):
        # In a thread of its own, because it waits for `serve_forever`, which this signal interrupts.
        threading.Thread(target=server.stop).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"simple-server {VERSION} on {HOSTNAME} listens on port {port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    # Connections that the kernel has accepted already are served, too.
    while select.select([server], [], [], 0)[0]:
        server.handle_request()
    server.server_close()
    logging.shutdown()
    print("stopped", flush=True)


if __name__ == "__main__":
    main()
