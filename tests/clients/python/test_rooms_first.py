"""Clients that ask for rooms before anything else, although this server has none. They get empty lists, and continue."""

import asyncio

import pytest
from conftest import PASSWORD, only, unused
from test_realtime import Call, RocketChat, connected, in_time

EMPTY = {"update": [], "remove": []}


def test_a_program_asks_for_rooms_over_rest_and_then_for_statuses(admin, person):
    client = person.client
    assert {key: client.rooms_get()[key] for key in EMPTY} == EMPTY
    assert {key: client.subscriptions_get()[key] for key in EMPTY} == EMPTY
    assert list(client.channels_list()) == list(client.groups_list()) == []
    # The client has no method of its own for this list.
    assert client.call_api_get("im.list")["ims"] == []
    made = admin.custom_user_status_create(unused("first"), "busy")["customUserStatus"]
    assert only(made["_id"], list(client.custom_user_status_list()))["name"] == made["name"]
    client.users_set_status("after the rooms", status="away")
    assert client.me()["statusText"] == "after the rooms"


@pytest.mark.parametrize("since", [[], [{"$date": 0}]])
def test_a_program_asks_for_rooms_over_a_live_connection_and_then_for_statuses(admin, person, since):
    made = admin.custom_user_status_create(unused("live"), "away")["customUserStatus"]

    async def ask():
        async with connected(RocketChat.start, person.username, PASSWORD) as client:
            # The client's own request, which reads the rooms and the subscriptions.
            assert await in_time(client.get_channels()) == []
            for method in ("rooms/get", "subscriptions/get"):
                answer = await Call.call(client, method, *since)
                assert answer["result"] == (EMPTY if since else []), method
            statuses = (await Call.call(client, "listCustomUserStatus"))["result"]
            assert only(made["_id"], statuses)["name"] == made["name"]

    asyncio.run(ask())
