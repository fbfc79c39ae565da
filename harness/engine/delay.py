"""Holds back each packet of a netfilter queue for so many milliseconds, as a long way does: for kernels without netem.

    delay.py QUEUE MILLISECONDS
"""

import collections
import select
import socket
import struct
import sys
import time

# linux/netfilter/nfnetlink_queue.h
NETLINK_NETFILTER, QUEUE_SUBSYSTEM = 12, 3
PACKET, VERDICT, CONFIG = 0, 1, 2
COMMAND, PARAMETERS, LONGEST = 1, 2, 3
BIND, ONLY_ABOUT, ACCEPT = 1, 1, 1
PACKET_HEADER, VERDICT_HEADER = 1, 2

queue, delay = int(sys.argv[1]), float(sys.argv[2]) / 1000
netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
netlink.bind((0, 0))


def send(kind, attribute, value):
    body = struct.pack("=BBH", 0, 0, socket.htons(queue)) + struct.pack("=HH", 4 + len(value), attribute) + value
    body += b"\0" * (-len(body) % 4)
    netlink.send(struct.pack("=IHHII", 16 + len(body), QUEUE_SUBSYSTEM << 8 | kind, 1, 0, 0) + body)


def numbers(data):
    """Of the packets that a message tells of."""
    while len(data) >= 20:
        length, kind = struct.unpack_from("=IH", data)
        at = 20
        while kind == QUEUE_SUBSYSTEM << 8 | PACKET and at < length:
            size, attribute = struct.unpack_from("=HH", data, at)
            if attribute & 0x7FFF == PACKET_HEADER:
                yield struct.unpack_from("!I", data, at + 4)[0]
            at += size + -size % 4
        data = data[length + -length % 4 :]


send(CONFIG, COMMAND, struct.pack("!BBH", BIND, 0, 0))
send(CONFIG, PARAMETERS, struct.pack("!IB", 0, ONLY_ABOUT))
send(CONFIG, LONGEST, struct.pack("!I", 100_000))
print("holding back", flush=True)

held = collections.deque()
while True:
    wait = max(0, held[0][0] - time.monotonic()) if held else None
    if select.select([netlink], [], [], wait)[0]:
        try:
            due = time.monotonic() + delay
            held.extend((due, number) for number in numbers(netlink.recv(1 << 20)))
        except OSError:
            pass  # more came than there was room for: such packets are lost, as on any way
    while held and held[0][0] <= time.monotonic():
        send(VERDICT, VERDICT_HEADER, struct.pack("!II", ACCEPT, held.popleft()[1]))
