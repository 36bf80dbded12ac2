"""Programs that continue after an error on the connection that they already have, as `requests` and httpx do."""

import http.client
import os
import socket

import httpx
import pytest
import requests

URL = os.environ["CLIENTS_URL"]
BODY = {"name": "Lunch", "statusType": "busy"}
LARGE = {"name": "x" * 200_000}

# Errors before the body is needed: method, path, body, status.
ERRORS = [
    ("POST", "/api/v1/no.such.route", BODY, 404),
    ("PUT", "/api/v1/login", BODY, 405),
    ("POST", "/api/v1/custom-user-status.create", BODY, 401),
    ("GET", "/api/v1/me", BODY, 401),
    ("GET", "/api/info", BODY, 200),
    ("POST", "/api/v1/no.such.route", LARGE, 404),
    ("POST", "/api/v1/custom-user-status.create", LARGE, 401),
    ("POST", "/api/v1/login", LARGE, 413),
]


@pytest.fixture(params=[requests.Session, httpx.Client])
def session(request):
    """A client that reuses its connection."""
    with request.param() as session:
        yield session


def test_a_program_continues_after_every_error(session):
    for method, path, body, status in ERRORS:
        for _ in range(3):
            assert session.request(method, URL + path, json=body).status_code == status, path
            assert session.get(f"{URL}/api/info").status_code == 200, path


def test_the_standard_library_continues_although_it_sends_the_body_in_a_packet_of_its_own():
    connection = http.client.HTTPConnection(URL.removeprefix("http://"))
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(20):
        for path, status in (("/api/v1/no.such.route", 404), ("/api/v1/users.setStatus", 401)):
            connection.request("POST", path, b"{}", {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            assert response.status == status
        assert connection.sock is not None, "the connection was closed"
