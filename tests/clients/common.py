"""What the drivers of the Python clients share. Arguments: the worker's URL, a WebSocket server's URL, a topic."""

import sys
import time

WORKER, WEBSOCKET, TOPIC = sys.argv[1:4]
CLASS = "io.conduktor.connect.websocket.WebSocketSourceConnector"
LIMIT_SECONDS = 60


def config(**more):
    """A configuration that works; `__` in a name stands for a dot."""
    settings = {"connector.class": CLASS, "websocket.url": WEBSOCKET, "kafka.topic": TOPIC}
    return settings | {name.replace("__", "."): value for name, value in more.items()}


def until(what, wanted, get):
    """Calls `get` until `wanted` holds for what it gives, which is returned. An error may be an answer on the way."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while True:
        try:
            seen = get()
            if wanted(seen):
                return seen
        except Exception as error:  # The clients raise classes of their own.
            seen = error
        assert time.monotonic() < deadline, f"not in time: {what}; at last {seen!r}"
        time.sleep(0.05)


def raises(kind, call, *arguments):
    """The exception of this kind that a call must raise."""
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"{call} with {arguments} raises nothing")
