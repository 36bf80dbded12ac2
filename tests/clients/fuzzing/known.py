"""Values that the server knows, put into every second request, so that requests reach more than validation errors.

The values come from the server's responses. The choice of requests depends only on the request, so that a run can be
repeated. Values are found by the name of a field, not by route.
"""

import json
import random

ROLES = ["user", "guest", "moderator", "bot", "wizard"]
STATUSES = ["online", "away", "busy", "offline"]

METHODS = [
    '{"msg":"method","id":"1","method":"listCustomUserStatus","params":[]}',
    '{"msg":"method","id":"1","method":"setUserStatus","params":["busy","by method"]}',
    '{"msg":"method","id":"1","method":"deleteCustomUserStatus","params":[7]}',
    '{"msg":"method","id":"1","method":"insertOrUpdateUserStatus","params":[{"name":"by method","statusType":"away"}]}',
    '{"msg":"method","id":"1","method":"fly","params":[]}',
]

# By the name of a field. Without the role `admin`: without administrators, all later requests would be refused.
known = {
    "role": ROLES,
    "roleId": ROLES,
    "permissionId": ["manage-user-status", "view-d-room", "fly"],
    "tokenName": ["laptop", "phone"],
    "statusType": STATUSES,
    "status": STATUSES,
    "expiresAt": ["2037-01-01T00:00:00.000Z"],
    "username": ["lodger"],
    "user": ["lodger"],
    "password": ["walrus-lantern-orbit"],
    "userId": [],
    "ids": [],
    "_id": [],
    "customUserStatusId": [],
    "message": METHODS,
    "updatedSince": ["1970-01-01T00:00:00.000Z"],
}

# By the name of a path parameter.
known_paths = {"_id": ["Site_Name", "Accounts_AllowInvisibleStatusOption", "Accounts_AllowUserStatusMessageChange", "uniqueID"]}


def learn(body):
    """Remembers the users and statuses in a response."""
    if not isinstance(body, dict):
        return
    user, status = body.get("user"), body.get("customUserStatus")
    if isinstance(user, dict) and "_id" in user:
        remember("userId", user["_id"])
        remember("ids", user["_id"])
        if "username" in user:
            remember("username", user["username"])
            remember("user", user["username"])
    if isinstance(status, dict) and "_id" in status:
        remember("_id", status["_id"])
        remember("customUserStatusId", status["_id"])


def remember(field, value):
    """Keeps the last few values: older ones have probably been deleted."""
    if value not in known[field]:
        known[field].append(value)
        del known[field][:-8]


def with_known(fields):
    """The fields, with known values if the request is one of those that get them."""
    if not isinstance(fields, dict):
        return fields
    choice = random.Random(json.dumps(fields, sort_keys=True, default=repr))
    if choice.random() < 0.5:
        return fields
    return {name: known_value(choice, name, value) for name, value in fields.items()}


def with_known_path(parts):
    """Like `with_known` for path parameters, but for every request: generated values hardly ever exist."""
    choice = random.Random(json.dumps(parts, sort_keys=True, default=repr))
    return {name: choice.choice(known_paths.get(name, [value])) for name, value in (parts or {}).items()}


def known_value(choice, name, value):
    """The value for a field: a known one if the field is a string with known values, else the generated one."""
    if isinstance(value, dict):
        return with_known(value)
    if isinstance(value, str) and known.get(name):
        return choice.choice(known[name])
    return value


def briefly(seconds):
    """A timeout of 0 instead of any number of seconds or none; other values stay unchanged."""
    return "0" if seconds is None or str(seconds).strip() in ("", "null") or str(seconds).isdecimal() else seconds


def sparing_administrators(body):
    """The body, changed so that administrators keep every permission."""
    if isinstance(body, dict) and isinstance(body.get("permissions"), list):
        entries = [{**e, "roles": ["admin", *e["roles"]]} if spare(e) else e for e in body["permissions"]]
        return {**body, "permissions": entries}
    if isinstance(body, dict) and "permissionId" in body and body.get("role") == "admin":
        return {**body, "role": "guest"}
    return body


def spare(entry):
    """Whether an entry would take a permission from administrators."""
    return isinstance(entry, dict) and isinstance(entry.get("roles"), list) and "admin" not in entry["roles"]
