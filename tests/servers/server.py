"""A WebSocket server built on Python's `websockets`, for the end-to-end tests.

It shares no code with the connector. Its one argument is a JSON object, the same that server.mjs takes; what it means is
documented in tests/src/server.rs. What happens is printed as JSON, one object per line.
"""

import asyncio
import json
import ssl
import sys

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Response
from websockets.datastructures import Headers

script = json.loads(sys.argv[1])
attempts = 0
sequence = script["start"]
# When the feed was left alone; no number passes before the first connection.
left = None
last = None if script["count"] is None else script["start"] + script["count"]


def tell(event, **fields):
    print(json.dumps({"event": event, **fields}), flush=True)


async def process_request(connection, request):
    """Answers an upgrade request as the script says for this attempt."""
    global attempts
    attempts += 1
    connection.number = attempts
    headers = {name.lower(): value for name, value in request.headers.raw_items()}
    tell("attempt", number=attempts, path=request.path, headers=headers)
    if attempts <= script["stalled_attempts"]:
        await asyncio.sleep(3600)
    refused = attempts - 1 - script["stalled_attempts"]
    if refused < len(script["refusals"]):
        refusal = script["refusals"][refused]
        body = refusal["body"].encode()
        headers = Headers(refusal["headers"])
        headers["Content-Length"] = str(len(body))
        return Response(refusal["status"], refusal["reason"], headers, body)
    return None


def skip():
    """The numbers that a live feed has had while nobody listened."""
    global left, sequence
    if script["live"] and left is not None:
        sequence += int((asyncio.get_running_loop().time() - left) * script["rate"])
    left = None


async def handler(websocket):
    """Waits for the subscription, then sends."""
    global left
    try:
        if script["wait_for_subscription"]:
            text = await websocket.recv()
            skip()
            tell("subscription", number=websocket.number, text=text, sequence=sequence)
        await send_all(websocket)
        await websocket.wait_closed()
    except ConnectionClosed:
        pass
    left = asyncio.get_running_loop().time()
    tell("closed", number=websocket.number, code=websocket.close_code, reason=websocket.close_reason, sequence=sequence)


async def send_all(websocket):
    global sequence
    sent = 0
    started = asyncio.get_running_loop().time()
    while last is None or sequence < last:
        number = sequence
        sequence += 1
        padding_bytes = script["large_bytes"] if number == script["large"] else script["padding_bytes"]
        fields = {"seq": number, "pad": "x" * padding_bytes}
        if script["wanted_every"] and number % script["wanted_every"] == 0:
            fields["wanted"] = {"seq": number}
        text = json.dumps(fields, separators=(",", ":"))
        kind = script["kind"]
        if kind == "binary":
            await websocket.send(text.encode())
        elif kind == "mixed" and number % 2 == 1:
            await websocket.send(b"\xff\xfe%d" % number)
        elif kind == "fragmented":
            third = len(text) // 3
            await websocket.send([text[:third], text[third : 2 * third], text[2 * third :]])
        else:
            await websocket.send(text)
        sent += 1
        if sent == script["close_after"]:
            tell("closing", sequence=sequence)
            await websocket.close(script["close_code"], script["close_reason"])
            return
        if script["rate"]:
            ahead = sent / script["rate"] - (asyncio.get_running_loop().time() - started)
            if ahead > 0:
                await asyncio.sleep(ahead)
        elif sent % 100 == 0:
            # Lets pings and closes be seen between messages.
            await asyncio.sleep(0)
    tell("sent", sequence=sequence)


async def main():
    context = None
    if script["certificate"]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(script["certificate"], script["key"])
    async with serve(handler, "127.0.0.1", script["port"], ssl=context, process_request=process_request):
        tell("listening")
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
