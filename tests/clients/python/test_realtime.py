"""The realtime interface as the asyncio client uses it.

The client is made for rooms, which this server has none of: of its own requests there remain logging in, by password and by token, and
unsubscribing. What else the server tells is asked for by requests that are made like the client's own, and sent by the client.
"""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from conftest import PASSWORD, URL, unused
from rocketchat_async import RocketChat
from rocketchat_async.methods import RealtimeRequest, SubscribeToChannelChangesRaw

ADDRESS = URL.replace("http", "ws", 1) + "/websocket"
PATIENCE = 20


class Call(RealtimeRequest):
    """A call of any method; its answer is the whole frame."""

    @classmethod
    async def call(cls, client, method, *params):
        msg_id = cls._get_new_id()
        msg = {"msg": "method", "method": method, "id": msg_id, "params": params}
        return await in_time(client._dispatcher.call_method(msg, msg_id))


class Subscribe(SubscribeToChannelChangesRaw):
    """The client's subscription to changes of rooms, turned to what everybody is told. What comes is put into a queue."""

    @staticmethod
    def _get_request_msg(msg_id, event):
        return {"msg": "sub", "id": msg_id, "name": "stream-notify-logged", "params": [event, False]}

    @classmethod
    async def to(cls, client, event):
        heard = asyncio.Queue()
        heard.sub = await cls.call(client._dispatcher, event, heard.put_nowait)
        await caught_up(client)
        return heard


def in_time(awaited):
    """What is awaited, or a failure: nobody waits for ever."""
    return asyncio.wait_for(awaited, PATIENCE)


async def caught_up(client):
    """Waits until the server has handled all that the client sent: it does so in order, and answers a method."""
    await Call.call(client, "UserPresence:ping")


@asynccontextmanager
async def connected(begin, *args):
    """A client that began in this way, `start` or `resume`. It has no end of its own, so its work is cancelled."""
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


def test_a_login_by_password_answers_who_one_is(person):
    async def scenario():
        async with started(person) as client:
            assert client.user_id == person.id

    asyncio.run(scenario())


def test_a_login_by_token_answers_who_one_is(person):
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
            told = await Call.call(client, "getUserStatusText", person.id)
            assert told["result"] == "by method"

    asyncio.run(scenario())
    assert person.client.me()["statusText"] == "by method"


def test_who_is_connected_is_online(person):
    async def scenario():
        async with started(person):
            assert person.client.users_get_presence(user_id=person.id)["presence"] == "online"

    asyncio.run(scenario())


def test_a_status_that_is_created_is_told_of(admin, person):
    name = unused("told")

    async def scenario():
        async with started(person) as client:
            heard = await Subscribe.to(client, "updateCustomUserStatus")
            made = admin.custom_user_status_create(name, "busy")["customUserStatus"]
            told = {"_id": made["_id"], "name": name, "statusType": "busy"}
            assert await in_time(heard.get()) == [{"userStatusData": told}]

    asyncio.run(scenario())


def test_what_was_unsubscribed_from_is_heard_no_more(admin, person):
    async def scenario():
        async with started(person) as client:
            created = await Subscribe.to(client, "updateCustomUserStatus")
            heard = await Subscribe.to(client, "deleteCustomUserStatus")  # It hears the whole stream from here on.
            await client.unsubscribe(created.sub)
            await caught_up(client)
            made = admin.custom_user_status_create(unused("untold"), "busy")["customUserStatus"]
            admin.custom_user_status_delete(made["_id"])
            [told] = await in_time(heard.get())
            assert "_updatedAt" in told["userStatusData"]

    asyncio.run(scenario())
