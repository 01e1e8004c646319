"""The form of requests and replies: verbs, statuses, JSON that is not quite JSON, compression, caching, origins."""
import gzip
import http.client
import json
import math
import socket
import urllib.parse

import pytest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


# -- Infinity and other numbers ----------------------------------------------------------------------


def test_infinity_is_taken_and_given(server):
    assert server.post("add_task", '{"task_id": "up", "worker": "w", "priority": Infinity}').status == 200
    assert server.post("add_task", '{"task_id": "down", "worker": "w", "priority": -Infinity}').status == 200
    server.add("middle", priority=1e300)
    reply = server.post("task_list", {})
    assert b"Infinity" in reply.body
    assert {t: r["priority"] for t, r in json.loads(reply.body)["response"].items()} == {"up": math.inf, "down": -math.inf, "middle": 1e300}
    assert [server.work(), server.work(), server.work()] == ["up", "middle", "down"]


def test_a_batcher_without_a_bound(server):
    assert server.post("add_task_batcher", '{"worker": "w", "task_family": "B", "batched_args": ["v"], "max_batch_size": Infinity}').status == 200
    for i in range(30):
        server.add(f"b{i}", family="B", params={"v": str(i)}, batchable=True)
    assert len(server.call("get_work", worker="w")["batch_task_ids"]) == 30


@pytest.mark.parametrize("priority", [3, 2.5, -7, 10**12])
def test_numbers_come_back_as_they_went(server, priority):
    server.add("t", priority=priority)
    assert server.tasks()["t"]["priority"] == priority


def test_priority_only_grows(server):
    for priority, expected in ((5, 5), (3, 5), (8, 8)):
        server.add("t", priority=priority)
        assert server.tasks()["t"]["priority"] == expected


# -- text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task_id", ["ça va", "任务", "🧭", "a b+c%20d&e=f;g", 'quote"\'\\', "</script>", "new\nline", "x" * 5000])
def test_any_text_is_an_id(server, task_id):
    server.add(task_id, params={"p": task_id})
    assert list(server.tasks()) == [task_id]
    assert server.tasks()[task_id]["params"] == {"p": task_id}
    assert server.work() == task_id


def test_a_reply_cannot_close_a_script(server):
    server.add("</script>")
    assert b"</" not in server.post("task_list", {}).body


def test_errors_are_kept_as_they_are(server):
    text = "Traceback …\n  <b>&amp;</b>\n" * 3000
    server.add("t", status="FAILED", expl=text)
    assert server.call("fetch_error", task_id="t")["error"] == text


# -- verbs and statuses ------------------------------------------------------------------------------


def test_the_data_field_is_read_from_query_and_from_form_on_both_verbs(server):
    data = urllib.parse.urlencode({"data": json.dumps({"task_id": "t", "worker": "w"})})
    assert server.raw("GET", f"/api/add_task?{data}").status == 200
    data = urllib.parse.urlencode({"data": json.dumps({"task_id": "u", "worker": "w"})})
    assert server.raw("POST", f"/api/add_task?{data}").status == 200
    data = urllib.parse.urlencode({"data": json.dumps({"task_id": "v", "worker": "w"})})
    assert server.raw("POST", "/api/add_task", data, FORM).status == 200
    assert sorted(server.tasks()) == ["t", "u", "v"]


def test_no_data_means_no_arguments(server):
    for verb in ("GET", "POST"):
        reply = server.raw(verb, "/api/task_list")
        assert (reply.status, json.loads(reply.body)) == (200, {"response": {}})


def test_a_json_body_is_not_read(server):
    reply = server.raw("POST", "/api/is_paused", '{"surprise": 1}', {"Content-Type": "application/json"})
    assert (reply.status, json.loads(reply.body)) == (200, {"response": {"paused": False}})


def test_replies_are_json(server):
    reply = server.post("pause", {})
    assert (reply.status, json.loads(reply.body)) == (200, {"response": None})
    assert reply.headers["Content-Type"].replace(" ", "").lower() == "application/json;charset=utf-8"


@pytest.mark.parametrize("path", ["/api/nothing", "/api/resources", "/api/_state", "/api/load", "/api/dump", "/api/__init__", "/api/", "/nothing"])
@pytest.mark.parametrize("verb", ["GET", "POST"])
def test_what_is_not_a_method_is_not_found(server, verb, path):
    reply = server.raw(verb, path, "" if verb == "POST" else None)
    assert reply.status == 404
    assert not reply.body.startswith(b"{")


@pytest.mark.parametrize("verb", ["PUT", "DELETE", "PATCH"])
def test_other_verbs_are_not_allowed(server, verb):
    assert server.raw(verb, "/api/task_list", "").status == 405


@pytest.mark.parametrize(
    "method, data",
    [
        ("add_task", "{"),
        ("add_task", "[]"),
        ("add_task", "null"),
        ("add_task", '{"task_id": "t"}'),  # no worker
        ("get_work", "{}"),
        ("ping", "{}"),
        ("count_pending", "{}"),
        ("set_worker_processes", '{"worker": "w"}'),
        ("fetch_error", "{}"),
        ("dep_graph", "{}"),
        ("pause", '{"surprise": 1}'),
        ("is_paused", '{"surprise": 1}'),
        ("forgive_failures", '{"surprise": 1}'),
        ("add_task_batcher", '{"worker": "w", "task_family": "F", "batched_args": [], "surprise": 1}'),
    ],
)
def test_a_call_that_cannot_be_understood_is_a_500(server, method, data):
    reply = server.post(method, data)
    assert reply.status == 500
    assert not reply.body.startswith(b"{")
    assert server.tasks() == {}


@pytest.mark.parametrize("method", ["add_task", "get_work", "ping", "add_worker", "announce_scheduling_failure", "graph", "dep_graph", "inverse_dep_graph", "task_list", "worker_list", "task_search", "fetch_error"])
def test_arguments_of_a_newer_client_are_ignored(server, method):
    needs = {
        "add_task": {"task_id": "t", "worker": "w"},
        "get_work": {"worker": "w"},
        "ping": {"worker": "w"},
        "add_worker": {"worker": "w", "info": []},
        "announce_scheduling_failure": {"task_name": "t", "family": "F", "params": {}, "expl": "e", "owners": [], "worker": "w"},
        "dep_graph": {"task_id": "t"},
        "inverse_dep_graph": {"task_id": "t"},
        "task_search": {"task_str": "t"},
        "fetch_error": {"task_id": "t"},
    }.get(method, {})
    assert server.post(method, {**needs, "surprise": {"of": ["a newer client"]}}).status == 200


def test_a_failed_call_leaves_the_connection_usable(server):
    assert server.post("add_task", "{").status == 500
    server.add("t")
    assert server.raw("GET", "/nothing").status == 404
    assert server.work() == "t"


# -- other pages -------------------------------------------------------------------------------------


def test_the_root_is_a_relative_redirect_and_a_health_check(server):
    reply = server.raw("GET", "/")
    assert reply.status == 302 and reply.headers["Location"].startswith("static/visualiser/index.html")
    reply = server.raw("HEAD", "/")
    assert (reply.status, reply.body) == (204, b"")


def test_metrics_are_off_unless_asked_for(server):
    assert server.raw("GET", "/metrics").status == 200


def test_metrics_have_luigids_names(make):
    server = make(metrics_collector="prometheus")
    for i, status in enumerate(("DONE", "DONE", "FAILED")):
        server.add(f"t{i}", family="Load")
        server.run_to(status, f"t{i}", family="Load")
    text = server.raw("GET", "/metrics").body.decode()
    values = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            values[name] = float(value)
    assert values['luigi_task_started_total{family="Load"}'] == 3
    assert values['luigi_task_done_total{family="Load"}'] == 2
    assert values['luigi_task_failed_total{family="Load"}'] == 1
    assert 'luigi_task_execution_time_seconds{family="Load"}' in values


# -- compression and caching -------------------------------------------------------------------------


def fill(server):
    for i in range(50):
        server.add(f"task-number-{i}", params={"p": "some text that repeats"})


def test_large_replies_are_compressed_when_asked(server):
    fill(server)
    plain = server.raw("GET", "/api/task_list")
    assert plain.headers.get("Content-Encoding") is None
    packed = server.raw("GET", "/api/task_list", headers={"Accept-Encoding": "gzip, deflate"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "accept-encoding" in packed.headers["Vary"].lower()
    assert len(packed.body) < len(plain.body) / 3
    assert json.loads(gzip.decompress(packed.body)) == json.loads(plain.body)


@pytest.mark.parametrize("coding", [None, "gzip"])
def test_a_list_that_has_not_changed_is_not_sent_again(server, coding):
    fill(server)
    headers = {"Accept-Encoding": coding} if coding else {}
    first = server.raw("GET", "/api/task_list", headers=headers)
    again = server.raw("GET", "/api/task_list", headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status, again.body) == (304, b"")
    server.add("one more")
    assert server.raw("GET", "/api/task_list", headers={**headers, "If-None-Match": first.headers["ETag"]}).status == 200


# -- origins -----------------------------------------------------------------------------------------

ASKS = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}


def allowed(server, headers=ASKS, verb="OPTIONS", path="/api/graph"):
    return server.raw(verb, path, headers=headers).headers.get("Access-Control-Allow-Origin")


@pytest.mark.parametrize(
    "text, origin, expected",
    [
        ("", "https://a.example", None),
        ("[cors]\nenabled = false\nallow_any_origin = true", "https://a.example", None),
        ("[cors]\nenabled = true", "https://a.example", None),
        ("[cors]\nenabled = true\nallow_any_origin = true", "https://a.example", "*"),
        ("[cors]\nenabled = true\nallow_any_origin = true", "null", None),
        ("[cors]\nenabled = true\nallow_null_origin = true", "null", "null"),
        ('[cors]\nenabled = true\nallowed_origins = ["https://a.example"]', "https://a.example", "https://a.example"),
        ('[cors]\nenabled = true\nallowed_origins = ["https://a.example"]', "https://b.example", None),
        ('[cors]\nenabled = true\nallowed_origins = ["*", "null"]', "https://a.example", None),
        ('[cors]\nenabled = true\nallowed_origins = ["*", "null"]', "null", None),
    ],
)
def test_origins(make, text, origin, expected):
    server = make(text)
    headers = {**ASKS, "Origin": origin}
    preflight = server.raw("OPTIONS", "/api/graph", headers=headers)
    assert preflight.status == 204
    assert preflight.headers.get("Access-Control-Allow-Origin") == expected
    assert allowed(server, headers, "GET") == expected
    assert allowed(server, headers, "GET", "/") is None
    assert (preflight.headers.get("Access-Control-Max-Age") is None) == (expected is None)


def test_the_preflight_says_what_the_config_says(make):
    server = make(
        "[cors]\nenabled = true\nallow_any_origin = true\nmax_age = 7\nallowed_methods = GET\nallowed_headers = X-Mine\nexposed_headers = X-Yours\nallow_credentials = true"
    )
    got = server.raw("OPTIONS", "/api/graph", headers=ASKS).headers
    names = ("Max-Age", "Allow-Methods", "Allow-Headers", "Expose-Headers", "Allow-Credentials")
    assert [got[f"Access-Control-{n}"] for n in names] == ["7", "GET", "X-Mine", "X-Yours", "true"]


# -- bytes on a socket -------------------------------------------------------------------------------


def test_requests_may_be_pipelined_and_pieces_may_be_late(server):
    text = f"GET /api/is_paused HTTP/1.1\r\nHost: x\r\nX-Luigi-Test-Now: {server.now}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", server.port), 10) as s:
        s.sendall(text + text[:20])
        reply = http.client.HTTPResponse(s)
        reply.begin()
        assert json.loads(reply.read()) == {"response": {"paused": False}}
        s.sendall(text[20:])
        reply = http.client.HTTPResponse(s)
        reply.begin()
        assert reply.status == 200


def test_a_large_call_is_taken(server):
    deps = [f"dep-{i:06}" for i in range(20_000)]
    server.add("t", deps=deps)
    assert len(server.call("dep_graph", task_id="t")["t"]["deps"]) == 20_000
