"""Opens connections that say nothing, or never end what they say, and watches the demo at PLASS_URL, process PLASS_PID."""

import os
import resource
import socket
import sys
import time
import urllib.request
from urllib.parse import urlsplit

HOUSE = os.environ["PLASS_URL"]
PLACE = (urlsplit(HOUSE).hostname, urlsplit(HOUSE).port)
# Some are needed for other things, and each is a file of the demo, too, which has the same limit.
COUNT = min(20_000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
# What more memory than before the demo may keep once all have gone, in MiB.
KEPT_MAX = 32

KINDS = {
    "idle": b"",
    "half a head": b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\nAccept: ",
    "half a body": b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
    + b" " * 30_000,
}


def memory():
    """Resident memory of the demo in MiB."""
    with open(f"/proc/{os.environ['PLASS_PID']}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


def answers():
    """The slowest of twenty answers to somebody else, in milliseconds."""
    slowest = 0
    for _ in range(20):
        began = time.monotonic()
        with urllib.request.urlopen(HOUSE + "/api/v1/events", timeout=10) as reply:
            assert reply.status == 200
        slowest = max(slowest, time.monotonic() - began)
    return round(slowest * 1000)


def flood(said):
    held = []
    for _ in range(COUNT):
        connection = socket.create_connection(PLACE, timeout=10)
        try:
            connection.sendall(said)
        except OSError:
            # The server has had enough of it.
            pass
        held.append(connection)
    return held


def main():
    # The first answers fill caches and pools.
    answers()
    before = memory()
    print(f"{COUNT} connections of each kind; {before} MiB before, slowest answer {answers()} ms")
    after = []
    for round in (1, 2):
        for kind, said in KINDS.items():
            began = time.monotonic()
            held = flood(said)
            took, during, slowest = time.monotonic() - began, memory(), answers()
            for connection in held:
                connection.close()
            print(f"{kind}: opened in {took:.1f} s, {during} MiB meanwhile, slowest answer {slowest} ms, {memory()} MiB after")
        after.append(memory())
    print(f"after one round {after[0]} MiB, after two {after[1]} MiB")
    # What the allocator has once been given it keeps; what counts is that it does not grow again.
    return 0 if after[1] - after[0] <= KEPT_MAX else 1


sys.exit(main())
