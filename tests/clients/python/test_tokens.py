"""Personal access tokens and the end of logins. The client has no methods for tokens, so its generic calls are used."""

from conftest import eight_or_nine, log_in, refusal, with_token


def generate(person, name):
    return person.client.call_api_post("users.generatePersonalAccessToken", tokenName=name)["token"]


def tokens(person):
    return person.client.call_api_get("users.getPersonalAccessTokens")["tokens"]


def test_a_personal_access_token_authenticates_its_user(person):
    token = generate(person, "laptop")
    assert with_token(person.id, token).me()["_id"] == person.id
    [listed] = tokens(person)
    assert listed["name"] == "laptop"
    assert listed["lastTokenPart"] == token[-6:]
    assert "createdAt" in listed and token not in str(listed)


def test_a_token_name_is_unique(person):
    generate(person, "phone")
    refused = refusal(generate, person, "phone")
    assert refused.error == "A token with this name already exists [error-token-already-exists]"
    assert refused.response_json["details"] == {"method": "personalAccessTokens:generateToken"}


def test_a_regenerated_token_replaces_the_old_one(person):
    old = generate(person, "desk")
    new = person.client.call_api_post("users.regeneratePersonalAccessToken", tokenName="desk")["token"]
    assert with_token(person.id, new).me()["_id"] == person.id
    assert refusal(with_token(person.id, old).me).status_code == 401
    assert len(tokens(person)) == 1


def test_a_removed_token_is_refused(person):
    token = generate(person, "lost")
    assert person.client.call_api_post("users.removePersonalAccessToken", tokenName="lost") == {"success": True}
    assert refusal(with_token(person.id, token).me).status_code == 401
    assert tokens(person) == []


def test_an_unknown_token_can_be_neither_removed_nor_regenerated(person):
    for route in ["users.removePersonalAccessToken", "users.regeneratePersonalAccessToken"]:
        refused = refusal(person.client.call_api_post, route, tokenName="never made")
        assert refused.error_type == "error-token-does-not-exists"


def test_users_logout_ends_every_own_login(person):
    other = log_in(person.username)
    answer = person.client.call_api_post("users.logout")
    assert answer["message"] == f"User {person.id} has been logged out!"
    assert refusal(other.me).status_code == 401


def test_an_administrator_logs_others_out(admin, person):
    answer = admin.call_api_post("users.logout", userId=person.id)
    assert answer == {"message": f"User {person.id} has been logged out!", "success": True}
    assert refusal(person.client.me).status_code == 401


def test_logging_other_users_out_needs_the_permission(person, new_person):
    refused = refusal(person.client.call_api_post, "users.logout", userId=new_person().id)
    assert (refused.status_code, refused.error) == (403, eight_or_nine("unauthorized", "forbidden"))


def test_a_token_cannot_be_created_without_the_secret(admin, person):
    refused = refusal(admin.users_create_token, person.id, "not the secret")
    assert refused.error_type == eight_or_nine("error-not-authorized", "error-forbidden")
