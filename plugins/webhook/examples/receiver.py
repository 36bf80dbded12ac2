#!/usr/bin/env python3
"""A receiver of doorsign's webhooks: prints a line for each event. Python's standard library is all that it needs.

    WEBHOOK_SECRET=whsec_… python3 receiver.py 127.0.0.1:8009
"""

import base64
import hmac
import json
import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 5 * 60
LONGEST = 20_000  # In bytes; doorsign sends nothing longer.
KEY = base64.b64decode(os.environ["WEBHOOK_SECRET"].removeprefix("whsec_"))

# The ids of events that were dealt with. It is kept in memory for the example's sake, and is empty after a restart: better have
# them in the database that the event changes, and add to both in one transaction.
seen = {}
SEEN_MOST = 10_000
one_at_a_time = threading.Lock()


def is_signed(headers, body):
    """Returns whether the signature is valid and recent."""
    id, timestamp, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    # Otherwise a recorded request could be sent again forever.
    try:
        age = int(time.time()) - int(timestamp)
    except ValueError:
        return False
    if abs(age) > TOLERANCE_S:
        return False
    # Verify the body as received: JSON that was parsed and written again may differ.
    tag = hmac.digest(KEY, f"{id}.{timestamp}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(tag)
    # During a rotation there is one signature per secret. A plain == would leak by its time how much of one is right.
    return any(hmac.compare_digest(expected, signature.encode()) for signature in signatures.split(" "))


def deal_with(event):
    """What you want webhooks for. Print it, in this example."""
    data = event["data"]
    if event["type"] == "presence.changed":
        about = f"{data['user']['username']} {data['status']} {data['statusText']}"
    else:
        about = data.get("name", "")  # Types may be added, and tests have nothing in them.
    return f"{event['type']} {about}"


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # So that a connection serves more than one event.
    timeout = 60  # A connection on which nothing comes for so many seconds is closed.

    def do_POST(self):
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > LONGEST:
            return self.answer(413)
        body = self.rfile.read(int(length))
        if not is_signed(self.headers, body):
            return self.answer(401)
        id = self.headers["webhook-id"]
        with one_at_a_time:
            # The same event can come again, when our answer was lost for instance. It has the same id then.
            if id not in seen:
                line = f"{id} {deal_with(json.loads(body))}"
                # Names and texts may have anything in them, line breaks included.
                print(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", line).strip(), flush=True)
                # Only now: had it failed, it would come again, and be new.
                seen[id] = True
                if len(seen) > SEEN_MOST:
                    del seen[next(iter(seen))]
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status != 204:
            self.send_header("content-length", "0")
            self.send_header("connection", "close")  # Part of the body may be unread.
        self.end_headers()

    def log_message(self, *_):
        """No line for each request; only events are printed."""


sys.stdout.reconfigure(encoding="utf-8")  # Names have emoji in them, whatever the locale can print.
host, port = sys.argv[1].rsplit(":", 1)
server = ThreadingHTTPServer((host, int(port)), Receiver)
print(f"listens on http://{host}:{server.server_port}/", flush=True)
try:
    server.serve_forever()
except KeyboardInterrupt:
    pass
