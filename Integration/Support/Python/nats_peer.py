"""A client of NATS by nats-py.

nats_peer.py URL receive SUBJECT COUNT   prints "ready", and then each message as a line of JSON
nats_peer.py URL publish                 publishes what lines of JSON on its input say, and prints "done"
"""

import asyncio
import json
import sys

import nats


async def receive(connection, subject, count):
    subscription = await connection.subscribe(subject)
    await connection.flush()
    print("ready", flush=True)
    for _ in range(count):
        message = await subscription.next_msg(timeout=60)
        line = {"subject": message.subject, "data": message.data.hex(), "headers": message.headers or {}}
        print(json.dumps(line), flush=True)


async def publish(connection):
    for line in sys.stdin:
        message = json.loads(line)
        data = bytes.fromhex(message["data"])
        await connection.publish(message["subject"], data, headers=message["headers"] or None)
    await connection.flush()
    print("done", flush=True)


async def main(url, mode, *rest):
    connection = await nats.connect(url)
    if mode == "receive":
        await receive(connection, rest[0], int(rest[1]))
    else:
        await publish(connection)
    await connection.close()


asyncio.run(main(*sys.argv[1:]))
