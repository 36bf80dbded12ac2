"""Login and logout with the client."""

import pytest
from conftest import log_in, refusal
from rocketchat_API.APIExceptions.RocketExceptions import RocketAuthenticationException


def test_a_login_returns_the_user(admin):
    me = admin.me()
    assert me["success"] is True
    assert me["_id"] == admin.headers["X-User-Id"]
    assert me["username"] == "admin"
    assert me["roles"] == ["admin"]
    assert "emails" in me and "preferences" in me["settings"]


def test_a_wrong_password_is_an_authentication_error(admin):
    with pytest.raises(RocketAuthenticationException):
        log_in("admin", "not the password")


def test_an_unknown_user_is_the_same_authentication_error():
    with pytest.raises(RocketAuthenticationException):
        log_in("nobody-of-that-name", "whatever")


def test_a_login_works_by_email_address(person):
    assert log_in(person.email).me()["_id"] == person.id


def test_a_logout_ends_only_its_own_login(person):
    other = log_in(person.username)
    assert other.logout()["status"] == "success"
    refused = refusal(other.me)
    assert (refused.status_code, refused.error) == (401, "You must be logged in to do this.")
    assert person.client.me()["_id"] == person.id


def test_creating_a_status_without_a_login_is_refused(admin):
    anonymous = type(admin)(server_url=admin.server_url)
    refused = refusal(anonymous.custom_user_status_create, "never", "busy")
    assert refused.status_code == 401
    assert refused.response_json["status"] == "error"
    assert refused.response_json["message"] == refused.error


def test_a_login_does_not_make_a_user_online(person):
    presence = person.client.users_get_presence(user_id=person.id)
    assert (presence["presence"], presence["connectionStatus"]) == ("offline", "offline")
