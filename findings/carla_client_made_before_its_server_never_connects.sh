#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# carla 0.9.16 (its client's wheel, without a server of CARLA)
#
# Expected: a call of a client that finds no server raises "time-out"; once the server is up the
#           same client's next call is answered, as with any client that keeps a host and a port.
# Seen:     the client opens its connection once, when it is made. If nothing listens then, each
#           later call runs into its time-out, though the server is up and answers a client that
#           is made now. A program that waits for CARLA must make a new client for each try.

set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv --without-pip venv
python3 -m pip --python venv install --quiet carla==0.9.16 msgpack==1.2.4

venv/bin/python -I - <<'PY'
import os
import socket
import threading
from importlib.metadata import version

import carla
import msgpack

with socket.create_server(("127.0.0.1", 0)) as free:
    port = free.getsockname()[1]


def client():
    made = carla.Client("127.0.0.1", port, 1)
    made.set_timeout(3.0)
    return made


def ask(asked):
    try:
        return asked.get_server_version()
    except RuntimeError as error:
        return str(error).split(" of ")[0]


def serve(connection):
    requests = msgpack.Unpacker()
    while data := connection.recv(4096):
        requests.feed(data)
        for _, number, _method, _arguments in requests:
            connection.sendall(msgpack.packb([1, number, None, [[1, "0.9.16"]]]))


def accept(listening):
    while True:
        threading.Thread(target=serve, args=listening.accept()[:1], daemon=True).start()


early = client()
seen = {"no server": ask(early)}
# What answers "version" is enough of a server.
threading.Thread(target=accept, args=[socket.create_server(("127.0.0.1", port))], daemon=True).start()
seen["server up, client of before"] = ask(early)
late = client()
seen["server up, new client"] = ask(late)

print("carla", version("carla"))
for when, answer in seen.items():
    print(f"{when}: {answer}")
same = list(seen.values()) == ["time-out", "time-out", "0.9.16"]
print("as described" if same else "CHANGED", flush=True)
# Past the clients' own threads, which are not made to be ended.
os._exit(not same)
PY
