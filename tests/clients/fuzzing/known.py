"""Values that mean something to the server, put into every second request, so that more is reached than the refusals of nonsense.

What is known comes from the server's own answers. Which requests get it depends on nothing but the request, so that a run can be
repeated. Knows no route, only the names of fields.
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

# By the name of a field. Not the role `admin`: what takes rights from administrators takes the reach from all that follows.
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

# By the name of a part of a path.
known_paths = {"_id": ["Site_Name", "Accounts_AllowInvisibleStatusOption", "Accounts_AllowUserStatusMessageChange", "uniqueID"]}


def learn(body):
    """Remembers what an answer tells of users and statuses."""
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
    """The last few are enough: older ones are likely gone."""
    if value not in known[field]:
        known[field].append(value)
        del known[field][:-8]


def with_known(fields):
    """The fields with known values in some places, where this is a request that gets them."""
    if not isinstance(fields, dict):
        return fields
    choice = random.Random(json.dumps(fields, sort_keys=True, default=repr))
    if choice.random() < 0.5:
        return fields
    return {name: known_value(choice, name, value) for name, value in fields.items()}


def with_known_path(parts):
    """As `with_known`, for the parts of a path: always, for next to no generated one leads anywhere."""
    choice = random.Random(json.dumps(parts, sort_keys=True, default=repr))
    return {name: choice.choice(known_paths.get(name, [value])) for name, value in (parts or {}).items()}


def known_value(choice, name, value):
    """What to send for a field: something known if it is a text that has such, else what was generated."""
    if isinstance(value, dict):
        return with_known(value)
    if isinstance(value, str) and known.get(name):
        return choice.choice(known[name])
    return value


def briefly(seconds):
    """How long to wait at most, in the place of any number of seconds or none; what is no number stays as it is."""
    return "0" if seconds is None or str(seconds).strip() in ("", "null") or str(seconds).isdecimal() else seconds


def sparing_administrators(body):
    """A list of permissions that takes none of them from administrators."""
    if isinstance(body, dict) and isinstance(body.get("permissions"), list):
        entries = [{**e, "roles": ["admin", *e["roles"]]} if spare(e) else e for e in body["permissions"]]
        return {**body, "permissions": entries}
    if isinstance(body, dict) and "permissionId" in body and body.get("role") == "admin":
        return {**body, "role": "guest"}
    return body


def spare(entry):
    """Whether an entry would leave administrators out."""
    return isinstance(entry, dict) and isinstance(entry.get("roles"), list) and "admin" not in entry["roles"]
