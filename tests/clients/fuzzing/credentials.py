"""Hooks for schemathesis: renewed credentials, known values, and a count of the responses.

Requests log their sender out, delete users and remove roles. A revoked token is therefore replaced by a new one, and an
administrator who was deleted or demoted by another one, with the commands of the server.
"""

import atexit
import collections
import json
import os
import re
import subprocess

import schemathesis
from known import briefly, learn, sparing_administrators, with_known, with_known_path

DOORSIGN = os.environ["FUZZ_DOORSIGN"]
DATA = os.environ["FUZZ_DATA"]
ANSWERS = os.environ["FUZZ_ANSWERS"]

EVENTS = "GET /api/v1/events"

CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f]")

answers = collections.defaultdict(collections.Counter)


class Login:
    """The credentials in use, replaced once the server has refused them."""

    def __init__(self):
        self.made = 0
        self.user = None
        self.headers = None

    def alive(self):
        """The headers to send, renewed if necessary."""
        if self.headers is None:
            self.headers = self.token() or self.new_administrator()
        return self.headers

    def new_administrator(self):
        """The headers of a new administrator."""
        self.made += 1
        self.user = f"fuzz-{self.made}"
        command("user", "add", self.user, "--role", "admin")
        return self.token()

    def token(self):
        """The headers that the command prints, or an empty value without a user."""
        self.made += 1
        printed = self.user and command("token", "create", self.user, "--name", f"token-{self.made}", may_fail=True)
        lines = [line.split(": ", 1) for line in (printed or "").splitlines() if line.startswith("X-")]
        return dict(lines)


def command(*words, may_fail=False):
    """The output of a command of the server, or nothing if it fails and `may_fail`."""
    run = subprocess.run([DOORSIGN, "--data", DATA, *words], capture_output=True, text=True, check=False)
    if run.returncode and not may_fail:
        raise RuntimeError(run.stderr)
    return "" if run.returncode else run.stdout


login = Login()


@schemathesis.auth(refresh_interval=None)
class Administrator:
    """Adds the current credentials to every request."""

    def get(self, case, context):
        return login.alive()

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), **data}


@schemathesis.hook
def map_body(context, body):
    return sparing_administrators(with_known(body))


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    return with_known_path(path_parameters)


@schemathesis.hook
def map_query(context, query):
    return with_known(query)


@schemathesis.hook
def before_call(context, case, kwargs):
    """Requests events as JSON with a short timeout, because the event stream does not end."""
    if case.operation.label == EVENTS:
        case.headers = {**(case.headers or {}), "Accept": "application/json"}
        case.query = {**(case.query or {}), "timeout": briefly((case.query or {}).get("timeout"))}


@schemathesis.hook
def filter_headers(context, headers):
    """Leaves out headers that are not valid HTTP: they are refused without a body, as the document's introduction states."""
    return not any(CONTROL.search(f"{name}{value}") for name, value in (headers or {}).items())


@schemathesis.hook
def after_call(context, case, response):
    """Counts the response, learns values from it, and discards credentials that were refused."""
    answers[case.operation.label][response.status_code] += 1
    if response.status_code == 200 and response.content.startswith(b"{"):
        learn(json.loads(response.content))
    sent = response.request.headers.get("X-Auth-Token")
    if login.headers and sent == login.headers["X-Auth-Token"]:
        if response.status_code == 403:
            login.user = None
        if response.status_code in (401, 403) or case.path.endswith("logout"):
            login.headers = None


@atexit.register
def write_answers():
    """Writes the counts for the script that started the run."""
    with open(ANSWERS, "w", encoding="utf-8") as file:
        json.dump(answers, file)
