"""Users for the tests: the administrator, and new users with logged-in clients."""

import itertools
import os

import pytest
from rocketchat_API.APIExceptions.RocketExceptions import RocketApiException
from rocketchat_API.rocketchat import RocketChat

URL = os.environ["CLIENTS_URL"]
PASSWORD = "walrus-lantern-orbit"
numbers = itertools.count(1)


class Person:
    """A user that a test created, and a client logged in as this user."""

    def __init__(self, client, user):
        self.client = client
        self.id = user["_id"]
        self.username = user["username"]
        self.email = user["emails"][0]["address"]


def log_in(username, password=PASSWORD):
    """A client logged in with a password."""
    return RocketChat(username, password, server_url=URL)


def with_token(user_id, token):
    """A client with a token, without a login."""
    return RocketChat(user_id=user_id, auth_token=token, server_url=URL)


def unused(word):
    """A unique name, so that the order of tests does not matter."""
    return f"{word}-{next(numbers)}"


def refusal(call, *args, **kwargs):
    """The exception that the client raises when the server refuses a call."""
    with pytest.raises(RocketApiException) as raised:
        call(*args, **kwargs)
    return raised.value


def only(value, items):
    """The one item with this id."""
    found = [item for item in items if item["_id"] == value]
    assert len(found) == 1, found
    return found[0]


@pytest.fixture(scope="session")
def contract():
    """The contract of the server: `documented` or `server`."""
    return os.environ["CLIENTS_CONTRACT"]


def eight_or_nine(eight, nine):
    """The response of Rocket.Chat 8, or its counterpart of 9 if the server follows that."""
    return nine if os.environ["CLIENTS_COMPAT"] == "9" else eight


@pytest.fixture(scope="session")
def admin():
    """The client of the administrator that the first start created."""
    return log_in(os.environ["CLIENTS_USER"], os.environ["CLIENTS_PASSWORD"])


@pytest.fixture
def new_person(admin):
    """Creates a user with these fields and logs in as them."""

    def make(**fields):
        username = unused("person")
        made = admin.users_create(f"{username}@example.org", username.title(), PASSWORD, username, **fields)
        return Person(log_in(username), made["user"])

    return make


@pytest.fixture
def person(new_person):
    """A user with the role `user`."""
    return new_person()
