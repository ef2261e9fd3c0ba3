"""Prints what it receives: one JSON object a line."""

import json
import sys

import zmq

way, endpoint, prefix = sys.argv[1:]
socket = zmq.Context().socket(zmq.SUB)
socket.subscribe(prefix)
socket.bind(endpoint) if way == "bind" else socket.connect(endpoint)
while True:
    subject, header, *frames = socket.recv_multipart()
    message = {"subject": subject.decode(), "header": json.loads(header), "frames": [frame.hex() for frame in frames]}
    print(json.dumps(message), flush=True)
