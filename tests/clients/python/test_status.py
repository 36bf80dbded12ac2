"""Statuses of users. No user here has a connection, so users are offline whatever they chose; bots show their status."""

from datetime import datetime, timedelta, timezone

import pytest
from conftest import eight_or_nine, only, refusal

OFFLINE = {"status": "offline", "connectionStatus": "offline"}


def status(client, **user):
    return client.call_api_get("users.getStatus", **user)


def in_an_hour():
    time = datetime.now(timezone.utc) + timedelta(hours=1)
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_a_chosen_status_is_stored_and_users_stay_offline(person):
    assert person.client.users_set_status("in a meeting", status="busy") == {"success": True}
    me = person.client.me()
    assert (me["status"], me["statusDefault"], me["statusText"]) == ("offline", "busy", "in a meeting")
    own = status(person.client)
    assert own == {**OFFLINE, "_id": person.id, "statusSource": "manual", "success": True}


def test_other_users_do_not_see_the_connection_status(person, new_person):
    other = status(new_person().client, userId=person.id)
    assert other == {"_id": person.id, "status": "offline", "success": True}


def test_a_status_is_found_by_username_too(person, new_person):
    reader = new_person().client
    assert status(reader, username=person.username)["_id"] == person.id
    assert status(reader, user=person.username)["_id"] == person.id


def test_a_text_alone_keeps_the_chosen_status(person):
    person.client.users_set_status("first", status="away")
    person.client.users_set_status("second")
    me = person.client.me()
    assert (me["statusDefault"], me["statusText"]) == ("away", "second")


def test_a_status_alone_keeps_the_text(person):
    person.client.users_set_status("writing", status="away")
    person.client.call_api_post("users.setStatus", body={"status": "busy"})
    me = person.client.me()
    assert (me["statusDefault"], me["statusText"]) == ("busy", "writing")


def test_online_without_a_text_clears_the_status(person):
    person.client.users_set_status("for a while", status="busy", expiresAt=in_an_hour())
    person.client.call_api_post("users.setStatus", body={"status": "online"})
    me = person.client.me()
    assert (me["statusDefault"], me["statusText"]) == ("online", "")
    assert "statusSource" not in me and "statusExpiresAt" not in me


def test_a_long_text_is_trimmed_and_truncated(person):
    person.client.users_set_status("  " + "x" * 130, status="busy")
    assert person.client.me()["statusText"] == "x" * 120


def test_a_status_has_the_given_expiry(person):
    until = in_an_hour()
    person.client.users_set_status("lunch", status="away", expiresAt=until)
    assert status(person.client)["statusExpiresAt"] == until
    assert person.client.me()["statusExpiresAt"] == until


@pytest.mark.parametrize(
    "date, error",
    [
        ("tomorrow", "Invalid expiresAt date string [error-invalid-date]"),
        ("2001-01-01T00:00:00.000Z", "expiresAt must be a future date [error-invalid-date]"),
    ],
)
def test_an_invalid_or_past_expiry_is_refused(person, date, error):
    refused = refusal(person.client.users_set_status, "late", status="busy", expiresAt=date)
    assert (refused.error, refused.error_type) == (error, "error-invalid-date")
    assert refused.response_json["details"] == {"method": "users.setStatus"}


def test_an_unknown_status_is_refused(person):
    refused = refusal(person.client.users_set_status, "odd", status="asleep")
    assert (refused.error, refused.error_type) == ("must be equal to one of the allowed values", "invalid-params")


def test_an_empty_status_change_is_refused(person):
    refused = refusal(person.client.call_api_post, "users.setStatus", body={"username": person.username})
    assert refused.error == "Match error: Failed Match.OneOf, Match.Maybe or Match.Optional validation"
    assert refused.error_type is None


def test_an_administrator_sets_the_status_of_others(admin, person):
    admin.users_set_status("on leave", status="away", userId=person.id)
    assert person.client.me()["statusText"] == "on leave"
    refused = refusal(admin.users_set_status, "gone", status="away", username="nobody-of-that-name")
    assert refused.error_type == "error-invalid-user"


def test_users_cannot_set_the_status_of_others(person, new_person):
    refused = refusal(person.client.users_set_status, "mine", status="busy", username=new_person().username)
    assert (refused.status_code, refused.error) == (403, eight_or_nine("unauthorized", "forbidden"))


def test_the_status_of_an_unknown_user_is_refused(person):
    refused = refusal(status, person.client, username="nobody-of-that-name")
    assert refused.error_type == "error-invalid-user"


def test_a_bot_shows_its_chosen_status(new_person, person):
    bot = new_person(roles=["user", "bot"])
    bot.client.users_set_status("at work", status="busy")
    assert status(person.client, userId=bot.id)["status"] == "busy"
    assert person.client.users_get_presence(user_id=bot.id)["presence"] == "busy"


def test_presence_lists_users_who_are_not_offline(new_person, person):
    bot = new_person(roles=["user", "bot"])
    bot.client.users_set_status("at work", status="busy")
    answer = person.client.call_api_get("users.presence")
    assert answer["full"] is True
    shown = only(bot.id, answer["users"])
    assert (shown["username"], shown["status"], shown["statusText"]) == (bot.username, "busy", "at work")
    assert shown["statusSource"] == "manual"
    assert person.id not in [user["_id"] for user in answer["users"]]


def test_presence_is_filtered_by_ids(new_person, person):
    bot, other = new_person(roles=["user", "bot"]), new_person(roles=["user", "bot"])
    for each in (bot, other):
        each.client.users_set_status("", status="away")
    answer = person.client.call_api_get("users.presence", ids=[bot.id, person.id])
    assert answer["full"] is False
    assert only(bot.id, answer["users"])["status"] == "away"
    assert other.id not in [user["_id"] for user in answer["users"]]
    as_list = person.client.call_api_get("users.presence", ids=f"{bot.id},{other.id}")
    assert {user["_id"] for user in as_list["users"]} == {bot.id, other.id}


def test_presence_is_filtered_by_the_time_of_change(new_person, person):
    before = datetime.now(timezone.utc) - timedelta(seconds=5)
    bot = new_person(roles=["user", "bot"])
    bot.client.users_set_status("new", status="away")
    answer = person.client.call_api_get("users.presence", **{"from": before.strftime("%Y-%m-%dT%H:%M:%S.000Z")})
    assert answer["full"] is False
    assert only(bot.id, answer["users"])["statusText"] == "new"


def test_counting_connections_needs_the_permission(admin, person):
    counted = admin.call_api_get("presence.getConnections")
    assert counted.keys() == {"current", "max", "success"}
    assert 0 <= counted["current"] < counted["max"]
    assert refusal(person.client.call_api_get, "presence.getConnections").status_code == 403
    assert admin.call_api_post("presence.enableBroadcast") == {"success": True}
    assert refusal(person.client.call_api_post, "presence.enableBroadcast").status_code == 403


@pytest.fixture
def without(admin):
    """Disables settings for a test."""
    off = []

    def disable(setting):
        off.append(setting)
        admin.settings_update(setting, False)

    yield disable
    for setting in off:
        admin.settings_update(setting, True)


def test_texts_can_be_forbidden(person, without):
    without("Accounts_AllowUserStatusMessageChange")
    refused = refusal(person.client.users_set_status, "hello", status="busy")
    assert refused.error == "Change status is not allowed [error-not-allowed]"
    assert person.client.users_set_status("", status="busy") == {"success": True}


def test_invisibility_can_be_forbidden(person, without):
    without("Accounts_AllowInvisibleStatusOption")
    refused = refusal(person.client.users_set_status, "", status="offline")
    assert refused.error == "Invisible status is disabled [error-status-not-allowed]"
    assert refused.error_type == "error-status-not-allowed"
