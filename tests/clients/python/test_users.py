"""Users: creating, reading, changing and deleting them as an administrator."""

from datetime import datetime

import pytest
from conftest import PASSWORD, log_in, only, refusal, unused
from rocketchat_API.APIExceptions.RocketExceptions import RocketAuthenticationException


def create(client, username, **fields):
    return client.users_create(f"{unused('mail')}@example.org", "Somebody", PASSWORD, username, **fields)["user"]


def test_a_created_user_has_the_given_fields_and_the_defaults(admin):
    username = unused("ada")
    made = admin.users_create(f"{username}@example.org", "Ada", PASSWORD, username, verified=True)["user"]
    assert (made["username"], made["name"], made["type"], made["active"]) == (username, "Ada", "user", True)
    assert made["roles"] == ["user"]
    assert made["status"] == "offline"
    assert made["emails"] == [{"address": f"{username}@example.org", "verified": True}]
    datetime.fromisoformat(made["createdAt"].replace("Z", "+00:00"))
    assert log_in(username).me()["_id"] == made["_id"]


def test_a_user_can_be_created_with_roles_or_inactive(admin):
    bot = create(admin, unused("bot"), roles=["user", "bot"])
    assert set(bot["roles"]) == {"user", "bot"}
    asleep = create(admin, unused("asleep"), active=False)
    assert asleep["active"] is False
    with pytest.raises(RocketAuthenticationException):
        log_in(asleep["username"])


def test_usernames_and_addresses_are_unique(admin, person):
    taken = refusal(create, admin, person.username)
    assert taken.error == f"{person.username} is already in use :( [error-field-unavailable]"
    assert taken.error_type == "error-field-unavailable"
    again = refusal(admin.users_create, person.email, "Twin", PASSWORD, unused("twin"))
    assert again.error_type == "error-field-unavailable"
    assert again.response_json["details"]["field"] == person.email


def test_an_invalid_username_is_refused(admin):
    assert refusal(create, admin, "not a name!").error_type == "error-input-is-not-a-valid-field"


def test_an_unknown_role_is_refused(admin):
    refused = refusal(create, admin, unused("wizard"), roles=["wizard"])
    assert refused.error_type == "error-action-not-allowed"
    assert refused.error == "The field Roles consist invalid role id [error-action-not-allowed]"


def test_a_user_without_a_password_is_refused(admin):
    body = {"email": "nobody@example.org", "name": "Nobody", "username": unused("nobody")}
    refused = refusal(admin.call_api_post, "users.create", body=body)
    assert refused.error_type == "invalid-params"
    assert refused.error.startswith("must have required property 'password'")


def test_creating_users_needs_the_permission(person):
    refused = refusal(create, person.client, unused("smuggled"))
    assert (refused.status_code, refused.error_type) == (400, "error-action-not-allowed")


def test_a_user_is_found_by_id_name_and_address(admin, person):
    for found in [
        admin.users_info(user_id=person.id),
        admin.users_info(username=person.username),
        admin.users_info(email=person.email),
    ]:
        assert found["user"]["_id"] == person.id
        assert found["user"]["username"] == person.username


def test_an_unknown_user_is_not_found(admin):
    refused = refusal(admin.users_info, username="nobody-of-that-name")
    assert (refused.status_code, refused.error) == (400, "User not found.")


def test_other_users_see_fewer_fields_than_administrators(admin, person, new_person):
    to_admin = admin.users_info(user_id=person.id)["user"]
    to_other = new_person().client.users_info(user_id=person.id)["user"]
    assert to_admin["emails"][0]["address"] == person.email and to_admin["roles"] == ["user"]
    assert to_other["username"] == person.username
    assert "emails" not in to_other


def test_the_client_reads_the_list_of_users_over_several_pages(admin, new_person):
    made = {new_person().id for _ in range(4)}
    listed = [user["_id"] for user in admin.users_list(count=3)]
    assert made <= set(listed) and len(listed) == len(set(listed))
    assert only(admin.headers["X-User-Id"], admin.users_list())["username"] == "admin"


def test_an_update_changes_the_given_fields(admin, person):
    changed = admin.users_update(person.id, name="Renamed", statusText="at sea")["user"]
    assert (changed["_id"], changed["name"], changed["username"]) == (person.id, "Renamed", person.username)
    me = person.client.me()
    assert (me["name"], me["statusText"]) == ("Renamed", "at sea")


def test_a_new_password_replaces_the_old_one(admin, person):
    admin.users_update(person.id, password="another-long-secret")
    assert log_in(person.username, "another-long-secret").me()["_id"] == person.id
    with pytest.raises(RocketAuthenticationException):
        log_in(person.username)


def test_a_deactivated_user_is_logged_out_at_once(admin, person):
    assert admin.users_update(person.id, active=False)["user"]["active"] is False
    assert refusal(person.client.me).status_code == 401
    with pytest.raises(RocketAuthenticationException):
        log_in(person.username)


def test_updating_other_users_needs_the_permission(person, new_person):
    refused = refusal(person.client.users_update, new_person().id, name="Mallory")
    assert refused.error == "Editing user is not allowed [error-action-not-allowed]"
    assert refused.response_json["details"] == {"method": "insertOrUpdateUser", "action": "Editing_user"}


def test_a_deleted_user_is_gone_and_logged_out(admin, person):
    gone = admin.users_delete(person.id)
    assert gone["success"] is True and gone["deletedRooms"] == []
    assert refusal(person.client.me).status_code == 401
    assert refusal(admin.users_info, user_id=person.id).error == "User not found."
    assert person.id not in [user["_id"] for user in admin.users_list()]


def test_deleting_users_needs_the_permission(person, new_person):
    refused = refusal(person.client.users_delete, new_person().id)
    assert refused.status_code == 403


def test_the_last_administrator_cannot_be_removed(admin):
    own = admin.headers["X-User-Id"]
    assert refusal(admin.users_delete, own).status_code == 400
    assert refusal(admin.users_update, own, active=False).status_code == 400
    assert refusal(admin.users_update, own, roles=["user"]).status_code == 400
    assert admin.me()["roles"] == ["admin"]


def test_preferences_are_stored(person):
    kept = person.client.users_set_preferences(person.id, {"language": "de", "enableAutoAway": False})["user"]
    assert kept["_id"] == person.id
    assert kept["settings"]["preferences"]["language"] == "de"
    assert person.client.me()["settings"]["preferences"]["enableAutoAway"] is False


def test_preferences_of_others_need_the_permission(person, new_person):
    refused = refusal(person.client.users_set_preferences, new_person().id, {"language": "de"})
    assert refused.error == "Editing user is not allowed [error-action-not-allowed]"


def test_users_change_their_own_basic_info(person):
    body = {"data": {"name": "Self Made", "statusText": "reading"}}
    changed = person.client.call_api_post("users.updateOwnBasicInfo", body=body)["user"]
    assert changed["name"] == "Self Made"
    me = person.client.me()
    assert (me["name"], me["statusText"]) == ("Self Made", "reading")
