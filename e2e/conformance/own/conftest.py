"""Our own tests of a luigid-compatible server, over plain HTTP.

    pytest e2e/conformance/own                                       Python's luigid, to prove the tests
    pytest e2e/conformance/own --server-cmd 'PROG --port {port} --config {config}'

Each test gets a server of its own, with a luigi.cfg of its own and a clock that it sets (X-Luigi-Test-Now). Tests marked
`beyond` hold what luigid does not: they are skipped for Python's luigid.
"""
import http.client
import json
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.parse

import pytest

REFERENCE = f"{sys.executable} {pathlib.Path(__file__).parent.parent / 'reference_server.py'} {{port}} {{config}}"
START_SECONDS_MAX = 60


def pytest_addoption(parser):
    parser.addoption("--server-cmd", default=None, help="starts a server, with {port} and {config}; default: Python's luigid")


def pytest_configure(config):
    config.addinivalue_line("markers", "beyond: promises more than Python's luigid keeps")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--server-cmd"):
        return
    for item in items:
        if item.get_closest_marker("beyond"):
            item.add_marker(pytest.mark.skip(reason="beyond Python's luigid"))


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


class Server:
    """A running server and one keep-alive connection to it. `now` is the clock of every request, until changed."""

    def __init__(self, template, place, text):
        self.template, self.place = template, place
        self.config = place / "luigi.cfg"
        self.config.write_text(text)
        self.now = 1_000_000.0
        self.process = self.connection = None
        self.start()

    def start(self):
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                self.port = s.getsockname()[1]
            argv = shlex.split(self.template.format(port=self.port, config=self.config))
            log = (self.place / "server.log").open("ab")
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.place)
            while self.process.poll() is None and time.monotonic() < deadline:
                try:
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                    return
                except OSError:
                    time.sleep(0.005)
        raise RuntimeError("the server did not start: " + (self.place / "server.log").read_text(errors="replace")[-2000:])

    def stop(self, how=signal.SIGKILL):
        self.connection.close()
        if self.process.poll() is None:
            self.process.send_signal(how)
        self.process.wait(timeout=30)

    def raw(self, verb, target, body=None, headers=()):
        """One request as it is. No retry: every reply counts."""
        headers = dict(headers)
        if self.now is not None:
            headers.setdefault("X-Luigi-Test-Now", repr(self.now))
        self.connection.request(verb, target, body, headers)
        reply = self.connection.getresponse()
        return Reply(reply.status, reply.headers, reply.read())

    def post(self, method, data):
        """As Luigi's client posts: one form field, `data`. `data` may be text, to send JSON that json.dumps would not."""
        text = data if isinstance(data, str) else json.dumps(data)
        body = urllib.parse.urlencode({"data": text})
        return self.raw("POST", f"/api/{method}", body, {"Content-Type": "application/x-www-form-urlencoded"})

    def call(self, method, **arguments):
        reply = self.post(method, arguments)
        assert reply.status == 200, (method, arguments, reply.status, reply.body[:300])
        return json.loads(reply.body)["response"]

    # What tests say most. A task's family is its id, its worker "w".
    def add(self, task_id, worker="w", **more):
        assert self.call("add_task", task_id=task_id, worker=worker, family=more.pop("family", "F"), **more) is None

    def work(self, worker="w", **more):
        return self.call("get_work", worker=worker, **more)["task_id"]

    def run_to(self, status, task_id, worker="w", **more):
        """Takes the next task, which must be `task_id`, and ends it."""
        assert self.work(worker) == task_id
        self.add(task_id, worker, status=status, **more)

    def tasks(self, **query):
        return self.call("task_list", **query)

    def status(self, task_id):
        for found in self.call("task_search", task_str=task_id).values():
            if task_id in found:
                return found[task_id]["status"]
        return None

    def at(self, now):
        self.now = float(now)
        return self


@pytest.fixture
def make(request, tmp_path):
    """make(text of luigi.cfg) -> Server"""
    template = request.config.getoption("--server-cmd") or REFERENCE
    made = []

    def start(text="", **scheduler):
        place = tmp_path / str(len(made))
        place.mkdir()
        lines = [f"{k} = {v}" for k, v in {"state_path": place / "state.pickle", **scheduler}.items()]
        made.append(Server(template, place, "\n".join(["[scheduler]", *lines, text, ""])))
        return made[-1]

    yield start
    for server in made:
        if server.process.poll() is None:
            server.stop()


@pytest.fixture
def server(make):
    return make()
