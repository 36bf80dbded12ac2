"""Webhooks as those see them who receive them: the example in Python, and the reference library of Standard Webhooks. The client has no
methods for webhooks and hooks, so its generic calls are used."""

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
PATIENCE = 20  # In seconds; only a test that fails waits for it.


@pytest.fixture
def add(admin):
    """Adds a webhook at this URL and gives its name and secret. It is removed in the end."""
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
    """Where nobody listens: the secret is known only after the URL, and the example wants it when it starts. No other test takes ports
    of 127.0.0.2."""
    with socket.create_server(("127.0.0.2", 0)) as taken:
        host, port = taken.getsockname()
        return f"{host}:{port}"


@contextlib.contextmanager
def example(address, secret):
    """Runs the example, and gives the lines that it prints, as they come; None is their end."""
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
        assert lines.get(timeout=PATIENCE) == f"listens on http://{address}/"
        yield lines
    finally:
        process.terminate()
        process.wait(PATIENCE)
        following.join(PATIENCE)


def hook_when(admin, name, **told):
    """What is told of a webhook's hook, once it is this."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        hooks = admin.call_api_get("hooks.list")["hooks"]
        [hook] = [hook for hook in hooks if hook["name"] == f"webhook-{name}"]
        if told.items() <= hook.items():
            return hook
    raise AssertionError(f"not {told} in time: {hook}")


def test_the_example_prints_each_event_once_and_in_order(admin, person, add):
    address = free_address()
    webhook, secret = add(f"http://{address}/")
    with example(address, secret) as lines:
        word = unused("Lunch ⏰")
        made = create(admin, f"{word}\nbreak")
        admin.custom_user_status_update(made, f"{word} is late", "away")
        admin.custom_user_status_delete(made)
        person.client.users_set_status("Mittag", status="busy")
        told = [lines.get(timeout=PATIENCE).split(" ", 1) for _ in range(4)]
        assert [line for _, line in told] == [
            f"custom_user_status.created {word} break",
            f"custom_user_status.updated {word} is late",
            f"custom_user_status.deleted {word} is late",
            f"presence.changed {person.username} busy Mittag",
        ]
        numbers = [int(id.split("_")[1]) for id, _ in told]
        assert numbers == list(range(numbers[0], numbers[0] + 4))

        # The same four once more, of which nothing is seen, and then a new one. What is not known to be delivered is not replayed.
        hook_when(admin, webhook, lag=0)
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(told[0][0].split("_")[2]) / 1000))
        replayed = admin.call_api_post("hooks.replay", hook=f"webhook-{webhook}", since=since)
        assert replayed["count"] >= 4
        hook_when(admin, webhook, state="running")
        create(admin, f"{word} is over")
        assert lines.get(timeout=PATIENCE).endswith(f" custom_user_status.created {word} is over")
    assert lines.get(timeout=PATIENCE) is None


def test_the_example_refuses_what_another_secret_has_signed(admin, add):
    address = free_address()
    webhook, _ = add(f"http://{address}/")
    with example(address, OTHER_SECRET) as lines:
        create(admin, unused("Lunch"))
        failure = hook_when(admin, webhook, state="retrying")["lastFailure"]
        assert (failure["reason"], failure["attempts"]) == ("answered 401 Unauthorized", 1)
    assert lines.get(timeout=PATIENCE) is None


class Collector(BaseHTTPRequestHandler):
    """Takes everything, and keeps it as headers and body."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.deliveries.put((dict(self.headers), body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        """Nothing: what came is in the deliveries."""


@contextlib.contextmanager
def collector():
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        server.deliveries = queue.Queue()
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}/", server.deliveries
        server.shutdown()
        serving.join(PATIENCE)


def test_the_reference_library_verifies_each_delivery_also_while_secrets_change(admin, add):
    with collector() as (url, deliveries):
        webhook, old = add(url)
        name = unused("Lunch ⏰")
        create(admin, name)
        headers, body = deliveries.get(timeout=PATIENCE)
        assert Webhook(old).verify(body, headers)["data"]["name"] == name

        new = admin.call_api_post("webhooks.rotate", name=webhook)["secret"]
        assert admin.call_api_post("webhooks.test", name=webhook)["status"] == 204
        headers, body = deliveries.get(timeout=PATIENCE)
        for secret in [old, new]:
            assert Webhook(secret).verify(body, headers)["type"] == "webhook.test"

        name = unused("Tea ☕")
        create(admin, name)
        headers, body = deliveries.get(timeout=PATIENCE)
        for secret in [old, new]:
            assert Webhook(secret).verify(body, headers)["data"]["name"] == name
        changed = body.replace(b'"busy"', b'"away"')
        assert changed != body
        for secret, what in [(old, changed), (new, changed), (OTHER_SECRET, body)]:
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(what, headers)
