"""Custom user statuses under both contracts."""

import pytest
from conftest import eight_or_nine, only, refusal, unused


def create(client, name, status_type="busy"):
    return client.custom_user_status_create(name, status_type)["customUserStatus"]


def raw(client, **body):
    """Creates a status with exactly these fields; the client's own method always sends both."""
    return client.call_api_post("custom-user-status.create", body=body)


def test_a_created_status_is_in_the_list(admin):
    made = create(admin, unused("caught up"))
    assert made["statusType"] == "busy" and len(made["_id"]) == 24
    assert only(made["_id"], admin.custom_user_status_list()) == made


def test_every_user_can_list_statuses(admin, person):
    made = create(admin, unused("for all"))
    assert only(made["_id"], person.client.custom_user_status_list())["name"] == made["name"]


def test_the_client_reads_the_list_over_several_pages(admin):
    word = unused("page")
    made = {create(admin, f"{word} {n:02}")["_id"] for n in range(53)}
    listed = [status["_id"] for status in admin.custom_user_status_list(name=word)]
    assert len(listed) == 53 and set(listed) == made


def test_the_list_is_filtered_by_part_of_a_name_and_by_id(admin):
    made = create(admin, unused("Needle in hay"))
    by_name = list(admin.custom_user_status_list(name=made["name"][2:].upper()))
    by_id = list(admin.custom_user_status_list(_id=made["_id"]))
    assert by_name == by_id == [made]


def test_the_list_is_sorted_as_requested(admin):
    word = unused("sorted")
    for letter in "bca":
        create(admin, f"{word} {letter}")
    names = [status["name"] for status in admin.custom_user_status_list(name=word, sort='{"name":-1}')]
    assert names == [f"{word} {letter}" for letter in "cba"]


def test_an_update_replaces_name_and_type(admin):
    made = create(admin, unused("before"))
    name = unused("after")
    changed = admin.custom_user_status_update(made["_id"], name, "away")["customUserStatus"]
    assert (changed["_id"], changed["name"], changed["statusType"]) == (made["_id"], name, "away")
    assert changed["_updatedAt"] >= made["_updatedAt"]
    assert only(made["_id"], admin.custom_user_status_list()) == changed


def test_a_deleted_status_is_gone(admin):
    made = create(admin, unused("short-lived"))
    assert admin.custom_user_status_delete(made["_id"]) == {"success": True}
    assert list(admin.custom_user_status_list(_id=made["_id"])) == []
    refused = refusal(admin.custom_user_status_delete, made["_id"])
    assert refused.error_type == "Custom_User_Status_Error_Invalid_User_Status"
    assert refused.response_json["details"] == {"method": "deleteCustomUserStatus"}


def test_an_unknown_id_cannot_be_updated(admin):
    refused = refusal(admin.custom_user_status_update, "0" * 24, unused("nowhere"), "busy")
    assert refused.error == f'No custom user status found with the id of "{"0" * 24}".'
    assert refused.error_type is None


def test_a_name_is_unique(admin):
    made = create(admin, unused("taken"))
    refused = refusal(create, admin, made["name"])
    assert (refused.status_code, refused.error_type) == (400, "Custom_User_Status_Error_Name_Already_In_Use")
    assert create(admin, made["name"].upper())["name"] == made["name"].upper()


@pytest.mark.parametrize("name", ["a < b", "a & b", "it's", 'say "hi"', "a > b"])
def test_a_name_with_markup_is_refused(admin, name):
    refused = refusal(create, admin, name)
    assert refused.error == f"{name} is not a valid name [error-input-is-not-a-valid-field]"
    assert refused.response_json["details"]["input"] == name


@pytest.mark.parametrize("status_type", ["Busy", "disabled", "asleep"])
def test_an_unknown_type_is_refused(admin, status_type):
    refused = refusal(create, admin, unused("odd"), status_type)
    assert refused.error_type == "error-input-is-not-a-valid-field"
    assert refused.response_json["details"]["field"] == "StatusType"


def test_managing_statuses_needs_the_permission(admin, person):
    made = create(admin, unused("guarded"))
    for call, args in [
        (person.client.custom_user_status_create, (unused("mine"), "busy")),
        (person.client.custom_user_status_update, (made["_id"], unused("mine"), "busy")),
        (person.client.custom_user_status_delete, (made["_id"],)),
    ]:
        refused = refusal(call, *args)
        status, error_type = eight_or_nine((400, "not_authorized"), (403, "error-forbidden"))
        assert (refused.status_code, refused.error, refused.error_type) == (status, "[not_authorized]", error_type)
    assert only(made["_id"], admin.custom_user_status_list()) == made


def test_the_contract_decides_on_a_status_without_a_type(admin, contract):
    name = unused("typeless")
    if contract == "server":
        assert create(admin, name, None)["statusType"] == ""
        return
    refused = refusal(create, admin, name, None)
    assert refused.error == "The field StatusType is required [error-the-field-is-required]"
    assert refused.response_json["details"]["field"] == "StatusType"


def test_the_contract_decides_on_an_update_without_a_type(admin, contract):
    made = create(admin, unused("typed"))
    if contract == "server":
        changed = admin.custom_user_status_update(made["_id"], made["name"], None)
        assert changed["customUserStatus"]["statusType"] == ""
        return
    refused = refusal(admin.custom_user_status_update, made["_id"], made["name"], None)
    assert refused.error_type == "error-the-field-is-required"


def test_the_contract_decides_the_error_for_a_missing_name(admin, contract):
    refused = refusal(raw, admin, statusType="busy")
    error = (refused.error, refused.error_type)
    if contract == "server":
        assert error == ("must have required property 'name'", "invalid-params")
    else:
        assert error == ("The field Name is required [error-the-field-is-required]", "error-the-field-is-required")


def test_the_contract_decides_on_an_unknown_field(admin, contract):
    name = unused("colourful")
    if contract == "server":
        refused = refusal(raw, admin, name=name, statusType="busy", colour="red")
        assert (refused.error, refused.error_type) == ("must NOT have additional properties", "invalid-params")
    else:
        assert raw(admin, name=name, statusType="busy", colour="red")["customUserStatus"]["name"] == name


def test_the_contract_decides_on_a_number_as_a_name(admin, contract):
    if contract == "server":
        assert raw(admin, name=123, statusType="busy")["customUserStatus"]["name"] == "123"
    else:
        refused = refusal(raw, admin, name=123, statusType="busy")
        assert (refused.error, refused.error_type) == ("must be string", "invalid-params")


def test_the_contract_decides_the_order_of_type_and_name_errors(admin, contract):
    made = create(admin, unused("twice wrong"))
    expected = {
        "server": "Custom_User_Status_Error_Name_Already_In_Use",
        "documented": "error-input-is-not-a-valid-field",
    }
    assert refusal(create, admin, made["name"], "asleep").error_type == expected[contract]
