"""Webhooks from the receiver's side: the example in Python, and the reference library of Standard Webhooks. The client
has no methods for webhooks and hooks, so its generic calls are used."""

import contextlib
import os
import queue
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from conftest import unused
from standardwebhooks import Webhook, WebhookVerificationError

EXAMPLE = Path(__file__).parents[3] / "plugins/webhook/examples/receiver.py"
OTHER_SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TIMEOUT = 20  # Seconds; only a failing test waits that long.


@pytest.fixture
def add(admin):
    """Adds a webhook with this URL and returns its name and secret. It is removed after the test."""
    names = []

    def add(url):
        name = unused("python")
        secret = admin.call_api_post("webhooks.add", name=name, url=url)["secret"]
        names.append(name)
        return name, secret

    yield add
    for name in names:
        admin.call_api_post("webhooks.remove", name=name)


def create(admin, name):
    return admin.custom_user_status_create(name, "busy")["customUserStatus"]["_id"]


def free_address():
    """An address without a listener: the secret is known only after the URL, and the example needs it at its start. No
    other test uses ports of 127.0.0.2."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        host, port = taken.getsockname()
        return f"{host}:{port}"


@contextlib.contextmanager
def example(address, secret):
    """Runs the example and yields a queue of the lines that it prints; None is the end."""
    environment = {**os.environ, "WEBHOOK_SECRET": secret}
    command = [sys.executable, "-B", EXAMPLE, address]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, encoding="utf-8")
    lines = queue.Queue()

    def follow():
        for line in process.stdout:
            lines.put(line.removesuffix("\n"))
        lines.put(None)

    following = threading.Thread(target=follow)
    following.start()
    try:
        assert lines.get(timeout=TIMEOUT) == f"listens on http://{address}/"
        yield lines
    finally:
        process.terminate()
        process.wait(TIMEOUT)
        following.join(TIMEOUT)


def hook_when(admin, name, **fields):
    """The hook of a webhook, once it has these fields."""
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        hooks = admin.call_api_get("hooks.list")["hooks"]
        [hook] = [hook for hook in hooks if hook["name"] == f"webhook-{name}"]
        if fields.items() <= hook.items():
            return hook
    raise AssertionError(f"no hook with {fields} in time: {hook}")


def test_the_example_prints_each_event_once_and_in_order(admin, person, add):
    address = free_address()
    webhook, secret = add(f"http://{address}/")
    with example(address, secret) as lines:
        word = unused("Lunch ⏰")
        made = create(admin, f"{word}\nbreak")
        admin.custom_user_status_update(made, f"{word} is late", "away")
        admin.custom_user_status_delete(made)
        person.client.users_set_status("Mittag", status="busy")
        printed = [lines.get(timeout=TIMEOUT).split(" ", 1) for _ in range(4)]
        assert [line for _, line in printed] == [
            f"custom_user_status.created {word} break",
            f"custom_user_status.updated {word} is late",
            f"custom_user_status.deleted {word} is late",
            f"presence.changed {person.username} busy Mittag",
        ]
        numbers = [int(id.split("_")[1]) for id, _ in printed]
        assert numbers == list(range(numbers[0], numbers[0] + 4))

        # A replay of the same four prints nothing; a new event follows. Only events before the saved cursor are replayed.
        hook_when(admin, webhook, lag=0)
        first = int(printed[0][0].split("_")[2])  # In milliseconds: other tests have changed something in the same second.
        since = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(first // 1000)) + f".{first % 1000:03}Z"
        replayed = admin.call_api_post("hooks.replay", hook=f"webhook-{webhook}", since=since)
        assert replayed["count"] >= 4
        hook_when(admin, webhook, state="running")
        create(admin, f"{word} is over")
        assert lines.get(timeout=TIMEOUT).endswith(f" custom_user_status.created {word} is over")
    assert lines.get(timeout=TIMEOUT) is None


def test_the_example_refuses_a_signature_with_another_secret(admin, add):
    address = free_address()
    webhook, _ = add(f"http://{address}/")
    with example(address, OTHER_SECRET) as lines:
        create(admin, unused("Lunch"))
        failure = hook_when(admin, webhook, state="retrying")["lastFailure"]
        assert (failure["reason"], failure["attempts"]) == ("answered 401 Unauthorized", 1)
    assert lines.get(timeout=TIMEOUT) is None


class Collector(BaseHTTPRequestHandler):
    """Accepts every request, and keeps its headers and body."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.deliveries.put((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Logs nothing: the requests are in the deliveries."""


@contextlib.contextmanager
def collector():
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        server.deliveries = queue.Queue()
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/", server.deliveries
        server.shutdown()
        serving.join(TIMEOUT)


def test_the_reference_library_verifies_each_delivery_even_during_a_rotation(admin, add):
    with collector() as (url, deliveries):
        webhook, old = add(url)
        name = unused("Lunch ⏰")
        create(admin, name)
        headers, body = deliveries.get(timeout=TIMEOUT)
        assert Webhook(old).verify(body, headers)["data"]["name"] == name

        new = admin.call_api_post("webhooks.rotate", name=webhook)["secret"]
        assert admin.call_api_post("webhooks.test", name=webhook)["status"] == 204
        headers, body = deliveries.get(timeout=TIMEOUT)
        for secret in [old, new]:
            assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"

        name = unused("Tea ☕")
        create(admin, name)
        headers, body = deliveries.get(timeout=TIMEOUT)
        for secret in [old, new]:
            assert Webhook(secret).verify(body, headers)["data"]["name"] == name
        changed = body.replace(b'"busy"', b'"away"')
        assert changed != body
        for secret, body in [(old, changed), (new, changed), (OTHER_SECRET, body)]:
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(body, headers)
