"""Roles and permissions: reading, adding and removing them, with effect on the next request."""

import pytest
from conftest import eight_or_nine, only, refusal, unused

NOT_AUTHORIZED = eight_or_nine("not_authorized", "error-forbidden")


def in_role(admin, role):
    return {user["username"] for user in admin.roles_get_users_in_role(role)}


def test_the_roles_are_rocket_chats(admin):
    roles = {role["_id"]: role for role in admin.roles_list()["roles"]}
    assert {"admin", "moderator", "leader", "owner", "user", "bot", "app", "guest"} <= roles.keys()
    assert ("anonymous" in roles) is eight_or_nine(True, False)
    assert roles["admin"]["scope"] == "Users" and roles["admin"]["protected"] is True


def test_roles_are_filtered_by_date(admin):
    all_roles = admin.roles_sync("1970-01-01T00:00:00.000Z")["roles"]
    assert only("admin", all_roles["update"])["name"] == "admin"
    assert all_roles["remove"] == []
    assert admin.roles_sync("2999-01-01T00:00:00.000Z")["roles"]["update"] == []


def test_an_invalid_date_is_refused(admin):
    refused = refusal(admin.roles_sync, "yesterday")
    assert refused.error == "updatedSince must be a valid date string [error-invalid-param]"


def test_a_role_is_added_and_removed(admin, person):
    given = admin.roles_add_user_to_role("guest", person.username)
    assert given["role"]["_id"] == "guest"
    assert person.username in in_role(admin, "guest")
    again = refusal(admin.roles_add_user_to_role, "guest", person.username)
    assert again.error == "User already in role [error-user-already-in-role]"
    taken = admin.roles_remove_user_from_role("guest", person.username)
    assert taken["role"]["_id"] == "guest"
    assert person.username not in in_role(admin, "guest")
    gone = refusal(admin.roles_remove_user_from_role, "guest", person.username)
    assert gone.error == "User is not in this role [error-user-not-in-role]"


def test_a_role_takes_effect_with_the_next_request(admin, person):
    name = unused("by an administrator")
    assert refusal(person.client.custom_user_status_create, name, "busy").error_type == NOT_AUTHORIZED
    admin.roles_add_user_to_role("admin", person.username)
    assert person.client.custom_user_status_create(name, "busy")["customUserStatus"]["name"] == name
    admin.roles_remove_user_from_role("admin", person.username)
    assert refusal(person.client.custom_user_status_create, unused("no more"), "busy").error_type == NOT_AUTHORIZED


def test_users_in_a_role_are_sorted_by_name(admin, new_person):
    for _ in range(3):
        new_person(roles=["user", "guest"])
    names = [user["username"] for user in admin.roles_get_users_in_role("guest")]
    assert names == sorted(names) and len(names) >= 3


def test_the_last_administrator_keeps_the_role(admin):
    refused = refusal(admin.roles_remove_user_from_role, "admin", "admin")
    assert refused.error == "You need to have at least one admin [error-admin-required]"


def test_unknown_roles_and_users_are_refused(admin, person):
    assert refusal(admin.roles_add_user_to_role, "wizard", person.username).error == "error-role-not-found"
    assert refusal(admin.roles_remove_user_from_role, "wizard", person.username).error_type == "error-invalid-roleId"
    unknown = refusal(admin.roles_remove_user_from_role, "guest", "nobody-of-that-name")
    assert unknown.error == "There is no user with this username [error-invalid-user]"
    assert refusal(admin.roles_get_users_in_role, "wizard").error_type == "error-invalid-roleId"


def test_assigning_roles_needs_the_permission(person):
    refused = refusal(person.client.roles_add_user_to_role, "admin", person.username)
    assert refused.error == "Accessing permissions is not allowed [error-action-not-allowed]"
    assert refusal(person.client.roles_remove_user_from_role, "user", person.username).status_code == 403
    assert refusal(person.client.roles_get_users_in_role, "user").status_code == 403


def test_every_user_can_list_users_in_public_roles(person):
    users = person.client.roles_get_users_in_public_roles()["users"]
    assert all({"_id", "username", "roles"} == user.keys() for user in users)


def test_permissions_are_listed(person):
    listed = person.client.permissions_list_all()
    assert only("manage-user-status", listed["update"])["roles"][0] == "admin"
    assert listed["remove"] == []


@pytest.fixture
def restored(admin):
    """Resets `manage-user-status` to administrators only."""
    yield
    admin.permissions_update([{"_id": "manage-user-status", "roles": ["admin"]}])


def test_a_permission_takes_effect_with_the_next_request(admin, person, restored):
    answer = admin.permissions_update([{"_id": "manage-user-status", "roles": ["admin", "user"]}])
    assert only("manage-user-status", answer["permissions"])["roles"] == ["admin", "user"]
    name = unused("all users may")
    assert person.client.custom_user_status_create(name, "busy")["customUserStatus"]["name"] == name


def test_a_role_is_added_to_a_permission_and_removed(admin, person, restored):
    change = {"permissionId": "manage-user-status", "role": "user"}
    assert admin.call_api_post("permissions.addRole", body=change) == {"success": True}
    assert person.client.custom_user_status_create(unused("added"), "busy")["success"] is True
    assert admin.call_api_post("permissions.removeRole", body=change) == {"success": True}
    assert refusal(person.client.custom_user_status_create, unused("removed"), "busy").error_type == NOT_AUTHORIZED


def test_unknown_permissions_and_roles_are_refused(admin):
    unknown = refusal(admin.permissions_update, [{"_id": "fly", "roles": ["admin"]}])
    assert (unknown.error, unknown.error_type) == ("Invalid permission", "error-invalid-permission")
    unknown = refusal(admin.permissions_update, [{"_id": "manage-user-status", "roles": ["wizard"]}])
    assert (unknown.error, unknown.error_type) == ("Invalid role", "error-invalid-role")


def test_changing_permissions_needs_the_permission(person):
    refused = refusal(person.client.permissions_update, [{"_id": "manage-user-status", "roles": ["user"]}])
    assert refused.status_code == 403
    assert refused.error == "User does not have the permissions required for this action [error-unauthorized]"
