"""Publishes what it is told: one JSON object a line, with the frames to send."""

import json
import sys

import zmq

way, endpoint = sys.argv[1:]
socket = zmq.Context().socket(zmq.XPUB)
socket.bind(endpoint) if way == "bind" else socket.connect(endpoint)
while socket.recv()[1:2] == b"\xff":
    pass
print("ready", flush=True)
for line in sys.stdin:
    message = json.loads(line)
    header = json.dumps(message["header"], ensure_ascii=message["escapes"])
    frames = [bytes.fromhex(frame) for frame in message["frames"]]
    socket.send_multipart([message["subject"].encode(), header.encode(), *frames])
