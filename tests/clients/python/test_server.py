"""The server: version, settings, and the methods of the realtime interface over REST."""

import json

from conftest import eight_or_nine, refusal, unused

BOOLEANS = {
    "Accounts_AllowUserStatusMessageChange": True,
    "Accounts_AllowInvisibleStatusOption": True,
    "Presence_broadcast_disabled": False,
}


def call(client, method, *params, route="method.call", name="any"):
    """Calls a method as clients do: the call is text inside the body, and so is its result."""
    message = json.dumps({"msg": "method", "id": "1", "method": method, "params": params})
    answer = client.call_api_post(f"{route}/{name}", message=message)
    return json.loads(answer["message"])


def test_the_version_is_public(admin):
    anonymous = type(admin)(server_url=admin.server_url)
    info = anonymous.info()
    version = eight_or_nine("8.8", "9.0")
    assert (info["version"], info["success"]) == (version, True)
    assert "info" not in info
    assert admin.info()["info"]["version"].startswith(version)


def test_public_settings_need_no_login(admin):
    anonymous = type(admin)(server_url=admin.server_url)
    settings = {setting["_id"]: setting["value"] for setting in anonymous.settings_public()}
    assert settings.items() >= BOOLEANS.items()
    assert {"Site_Name", "Site_Url", "uniqueID"} <= settings.keys()


def test_public_settings_are_paged_and_sorted(admin):
    ids = [setting["_id"] for setting in admin.settings_public(count=2)]
    assert ids == sorted(ids) and len(ids) == len(set(ids)) > 2


def test_public_settings_are_selected_by_id(admin):
    wanted = "Site_Name,Accounts_AllowInvisibleStatusOption"
    found = [setting["_id"] for setting in admin.settings_public(_id=wanted)]
    assert found == ["Accounts_AllowInvisibleStatusOption", "Site_Name"]


def test_reading_and_changing_a_setting_needs_the_permission(admin, person):
    before = admin.settings_get("Site_Name")
    assert before["_id"] == "Site_Name" and before["success"] is True
    try:
        assert admin.settings_update("Site_Name", "The Lighthouse") == {"success": True}
        assert admin.settings_get("Site_Name")["value"] == "The Lighthouse"
    finally:
        admin.settings_update("Site_Name", before["value"])
    assert refusal(person.client.settings_get, "Site_Name").status_code == 403
    assert refusal(person.client.settings_update, "Site_Name", "mine").status_code == 403


def test_an_unknown_setting_cannot_be_changed(admin):
    refused = refusal(admin.settings_update, "No_Such_Setting", True)
    assert (refused.status_code, refused.response_json["success"]) == (400, False)


def test_no_other_login_services_are_configured(admin):
    assert admin.service_configurations() == {"configurations": [], "success": True}
    assert admin.call_api_get("settings.oauth") == {"services": [], "success": True}


def test_the_result_of_a_method_is_inside_the_message(person):
    answer = call(person.client, "setUserStatus", "busy", "by method")
    assert (answer["msg"], answer["id"]) == ("result", "1") and "error" not in answer
    assert person.client.me()["statusText"] == "by method"
    assert call(person.client, "getUserStatusText", person.id)["result"] == "by method"


def test_the_methods_of_custom_statuses_work(admin):
    name = unused("by method")
    made = call(admin, "insertOrUpdateUserStatus", {"name": name, "statusType": "away"})["result"]
    listed = {status["_id"]: status["name"] for status in call(admin, "listCustomUserStatus")["result"]}
    assert listed[made] == name
    assert call(admin, "deleteCustomUserStatus", made)["result"] is True


def test_the_error_of_a_method_is_inside_the_message(person):
    refused = refusal(call, person.client, "insertOrUpdateUserStatus", {"name": unused("mine"), "statusType": "busy"})
    assert refused.status_code == 400
    error = json.loads(refused.response_json["message"])["error"]
    assert error["error"] == "not_authorized" and error["isClientSafe"] is True


def test_methods_need_a_login_unless_called_anonymously(admin):
    anonymous = type(admin)(server_url=admin.server_url)
    assert refusal(call, anonymous, "listCustomUserStatus").status_code == 401
    refused = refusal(call, anonymous, "listCustomUserStatus", route="method.callAnon")
    assert json.loads(refused.response_json["message"])["error"]["error"] == "error-invalid-user"
