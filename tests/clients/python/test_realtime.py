"""The realtime interface as the asyncio client uses it.

The client is made for rooms, which this server does not have. Of its own requests, only login by password, login by
token and unsubscribing apply here. Other requests are built like the client's own, and sent by the client.
"""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from conftest import PASSWORD, URL, unused
from rocketchat_async import RocketChat
from rocketchat_async.methods import RealtimeRequest, SubscribeToChannelChangesRaw

ADDRESS = URL.replace("http", "ws", 1) + "/websocket"
TIMEOUT = 20


class Call(RealtimeRequest):
    """A call of any method; returns the whole frame of the result."""

    @classmethod
    async def call(cls, client, method, *params):
        msg_id = cls._get_new_id()
        msg = {"msg": "method", "method": method, "id": msg_id, "params": params}
        return await in_time(client._dispatcher.call_method(msg, msg_id))


class Subscribe(SubscribeToChannelChangesRaw):
    """The client's subscription to changes of rooms, used for events of all logged-in users, which go into a queue."""

    @staticmethod
    def _get_request_msg(msg_id, event):
        return {"msg": "sub", "id": msg_id, "name": "stream-notify-logged", "params": [event, False]}

    @classmethod
    async def to(cls, client, event):
        received = asyncio.Queue()
        received.sub = await cls.call(client._dispatcher, event, received.put_nowait)
        await caught_up(client)
        return received


def in_time(awaited):
    """Awaits with a timeout."""
    return asyncio.wait_for(awaited, TIMEOUT)


async def caught_up(client):
    """Waits until the server has handled all frames of the client: it handles them in order, and this call is the last."""
    await Call.call(client, "UserPresence:ping")


@asynccontextmanager
async def connected(begin, *args):
    """A client connected by `start` or `resume`. It cannot be stopped, so its task is cancelled."""
    client = RocketChat()
    try:
        await in_time(begin(client, ADDRESS, *args))
        yield client
    finally:
        client._ws_connection_task.cancel()
        with suppress(asyncio.CancelledError):
            await client._ws_connection_task


def started(person, password=PASSWORD):
    return connected(RocketChat.start, person.username, password)


def test_a_login_by_password_returns_the_user_id(person):
    async def scenario():
        async with started(person) as client:
            assert client.user_id == person.id

    asyncio.run(scenario())


def test_a_login_by_token_returns_the_user_id(person):
    async def scenario():
        async with connected(RocketChat.resume, person.username, person.client.headers["X-Auth-Token"]) as client:
            assert client.user_id == person.id

    asyncio.run(scenario())


def test_a_wrong_password_is_refused_with_a_reason(person):
    async def scenario():
        async with started(person, "not the password"):
            pass

    with pytest.raises(RuntimeError, match="^User not found$"):
        asyncio.run(scenario())


def test_a_method_sets_the_status(person):
    async def scenario():
        async with started(person) as client:
            answer = await Call.call(client, "setUserStatus", "busy", "by method")
            assert "error" not in answer
            text = await Call.call(client, "getUserStatusText", person.id)
            assert text["result"] == "by method"

    asyncio.run(scenario())
    assert person.client.me()["statusText"] == "by method"


def test_a_connected_user_is_online(person):
    async def scenario():
        async with started(person):
            assert person.client.users_get_presence(user_id=person.id)["presence"] == "online"

    asyncio.run(scenario())


def test_a_created_status_is_published(admin, person):
    name = unused("created")

    async def scenario():
        async with started(person) as client:
            received = await Subscribe.to(client, "updateCustomUserStatus")
            made = admin.custom_user_status_create(name, "busy")["customUserStatus"]
            status = {"_id": made["_id"], "name": name, "statusType": "busy"}
            assert await in_time(received.get()) == [{"userStatusData": status}]

    asyncio.run(scenario())


def test_an_unsubscribed_event_is_no_longer_received(admin, person):
    async def scenario():
        async with started(person) as client:
            created = await Subscribe.to(client, "updateCustomUserStatus")
            received = await Subscribe.to(client, "deleteCustomUserStatus")  # It receives the whole stream from here on.
            await client.unsubscribe(created.sub)
            await caught_up(client)
            made = admin.custom_user_status_create(unused("not received"), "busy")["customUserStatus"]
            admin.custom_user_status_delete(made["_id"])
            [event] = await in_time(received.get())
            assert "_updatedAt" in event["userStatusData"]

    asyncio.run(scenario())
