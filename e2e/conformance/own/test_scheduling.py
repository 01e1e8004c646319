"""Order, resources, counts, questions over the graph, and a memory."""
import signal

import pytest


def test_by_priority_then_by_age(server):
    for i, (task_id, priority) in enumerate((("a", 1), ("b", 5), ("c", 5), ("d", 0))):
        server.at(1000 + i).add(task_id, priority=priority)
    assert [server.work() for _ in range(5)] == ["b", "c", "a", "d", None]


def test_age_is_that_of_the_first_mention(server):
    server.at(1000).add("parent", deps=["dep"])
    server.at(1001).add("other")
    server.at(1002).add("dep")
    assert server.work() == "dep"


def test_priority_reaches_what_is_needed(server):
    server.add("parent", deps=["dep"])
    server.add("dep")
    server.add("other", priority=5)
    server.add("parent", deps=["dep"], priority=9)
    assert server.work() == "dep"


@pytest.mark.beyond
def test_priority_reaches_down_a_chain_of_any_length(server):
    n = 20_000
    for i in range(n):
        server.add(f"t{i}", deps=[f"t{i + 1}"])
    server.add("other", priority=5)
    server.add("t0", deps=["t1"], priority=9)
    server.add(f"t{n}")
    assert server.work() == f"t{n}"


def test_nothing_runs_before_what_it_needs(server):
    server.add("top", deps=["left", "right"])
    server.add("left")
    server.add("right")
    assert sorted([server.work(), server.work()]) == ["left", "right"]
    server.add("left", status="DONE")
    assert server.work() is None
    server.add("right", status="DONE")
    assert server.work() == "top"


def test_a_need_that_was_never_scheduled_blocks(server):
    server.add("top", deps=["nobody"])
    assert server.work() is None
    assert server.tasks(status="UNKNOWN").keys() == {"nobody"}


# -- resources ---------------------------------------------------------------------------------------


def resources(server, n, amount, name="db", worker="w"):
    for i in range(n):
        server.add(f"t{i}", worker, resources={name: amount})


@pytest.mark.parametrize("text, amount, expected", [("[resources]\ndb = 4", 2, 2), ("[resources]\ndb = 4", 3, 1), ("", 1, 1), ("", 2, 0), ("[resources]\ndb = 4", 0, 5)])
def test_no_more_is_used_than_there_is(make, text, amount, expected):
    server = make(text)
    resources(server, 5, amount)
    server.call("add_worker", worker="w", info={"workers": 5})
    assert len([t for t in (server.work() for _ in range(6)) if t]) == expected


def test_what_ends_gives_back(make):
    server = make("[resources]\ndb = 1")
    resources(server, 2, 1)
    assert [server.work(), server.work()] == ["t0", None]
    server.add("t0", status="DONE", resources={"db": 1})
    assert server.work() == "t1"


def test_a_running_task_may_give_back_early(make):
    server = make("[resources]\ndb = 3")
    resources(server, 2, 3)
    assert [server.work(), server.work()] == ["t0", None]
    assert server.call("get_running_task_resources", task_id="t0") == {"taskId": "t0", "resources": {"db": 3}}
    server.call("decrease_running_task_resources", task_id="t0", decrease_resources={"db": 2})
    assert server.work() is None
    server.call("decrease_running_task_resources", task_id="t0", decrease_resources={"db": 5})
    assert server.call("get_running_task_resources", task_id="t0") == {"taskId": "t0", "resources": {"db": 0}}
    assert server.work() == "t1"


def test_only_a_running_task_gives_back(server):
    server.add("t", resources={"db": 3})
    server.call("decrease_running_task_resources", task_id="t", decrease_resources={"db": 2})
    assert server.call("get_running_task_resources", task_id="t") == {"taskId": "t", "resources": None}


@pytest.mark.parametrize("amount, expected", [(0, True), (5, True), (-1, False), (1.5, False), ("3", False), (None, False)])
def test_a_resource_is_a_whole_number(server, amount, expected):
    assert server.call("update_resource", resource="db", amount=amount) is expected
    assert [r["num_total"] for r in server.call("resource_list")] == ([amount] if expected else [])


def test_a_worker_with_room_for_one_does_not_starve_others(make):
    """The first worker could take ten tasks of the resource one after another, but would run only one at a time."""
    server = make("[resources]\ndb = 2")
    for i in range(10):
        server.at(1000 + i).add(f"a{i}", "a", resources={"db": 1}, priority=5)
    server.add("b0", "b", resources={"db": 1})
    server.call("add_worker", worker="a", info={"workers": 1})
    assert server.work("a") == "a0"
    assert server.work("b") == "b0"


def test_who_uses_what(make):
    server = make("[resources]\ndb = 4")
    resources(server, 3, 2)
    assert server.work() == "t0"
    (row,) = server.call("resource_list")
    assert (row["name"], row["num_total"], row["num_used"], row["num_consumer"], list(row["running"])) == ("db", 4, 2, 1, ["t0"])


# -- counts ------------------------------------------------------------------------------------------


def test_counts_of_a_reply(server):
    server.add("mine", "a")
    server.add("shared", "a")
    server.add("shared", "b")
    got = server.call("count_pending", worker="a")
    assert {k: got[k] for k in ("n_pending_tasks", "n_unique_pending", "n_pending_last_scheduled", "worker_state")} == {
        "n_pending_tasks": 2,
        "n_unique_pending": 1,
        "n_pending_last_scheduled": 1,
        "worker_state": "active",
    }
    assert "task_id" not in got


def test_counts_are_taken_before_the_task_leaves(server):
    server.add("t")
    assert server.call("get_work", worker="w")["n_pending_tasks"] == 1
    assert server.call("get_work", worker="w")["n_pending_tasks"] == 0


def test_what_a_disabled_task_blocks_is_not_counted(make):
    server = make(retry_count=1)
    server.add("top", deps=["bad"])
    server.add("bad")
    server.run_to("FAILED", "bad")
    assert server.call("count_pending", worker="w")["n_pending_tasks"] == 0


def test_what_others_run_is_told(server):
    server.add("top", "a", deps=["dep"])
    server.add("dep", "a")
    server.add("dep", "b")
    assert server.work("b") == "dep"
    got = server.call("get_work", worker="a")
    assert [(r["task_id"], r["worker"]) for r in got["running_tasks"]] == [("dep", "b")]


# -- questions ---------------------------------------------------------------------------------------


def test_a_list_over_the_limit_is_a_number(make):
    server = make(max_shown_tasks=3)
    for i in range(4):
        server.add(f"t{i}")
    assert server.tasks(status="PENDING") == {"num_tasks": 4}
    assert server.tasks(status="PENDING", upstream_status="UPSTREAM_FAILED") == {"num_tasks": -1}
    assert len(server.tasks(status="PENDING", limit=False)) == 4
    assert len(server.tasks(status="PENDING", max_shown_tasks=4)) == 4
    assert server.tasks(status="PENDING", search="nothing") == {}


@pytest.mark.parametrize("search, expected", [("load", {"x", "y"}), ("LOAD 2020", {"x"}), ("day=2021", {"y"}), ("nothing", set()), ("2020 2021", set())])
def test_search_looks_at_family_and_parameters(server, search, expected):
    server.add("x", family="Load", params={"day": "2020"})
    server.add("y", family="Load", params={"day": "2021"})
    server.add("z", family="Save", params={"day": "2022"})
    assert server.tasks(search=search).keys() == expected


@pytest.mark.parametrize("status, expected", [("FAILED", "UPSTREAM_FAILED"), ("DISABLED", "UPSTREAM_DISABLED"), ("PENDING", ""), ("RUNNING", "UPSTREAM_RUNNING")])
def test_upstream_status(server, status, expected):
    server.add("top", deps=["dep"])
    server.add("dep")
    if status == "RUNNING":
        assert server.work() == "dep"
    elif status != "PENDING":
        server.add("dep", status=status)
    found = {s for s in ("UPSTREAM_FAILED", "UPSTREAM_DISABLED", "UPSTREAM_RUNNING", "UPSTREAM_MISSING_INPUT") if "top" in server.tasks(status="PENDING", upstream_status=s)}
    assert found == ({expected} if expected else {"UPSTREAM_MISSING_INPUT"} & found)


def test_a_graph_is_cut_at_its_limit_breadth_first(make):
    server = make(max_graph_nodes=4)
    server.add("t0", deps=["t1", "t2"])
    server.add("t1", deps=["t3"])
    server.add("t2", deps=["t4"])
    server.add("t3", deps=["t5"])
    assert set(server.call("dep_graph", task_id="t0")) == {"t0", "t1", "t2", "t3"}


def test_a_graph_may_leave_out_what_is_done(server):
    server.add("top", deps=["a", "b"])
    server.add("a", status="DONE")
    server.add("b")
    assert set(server.call("dep_graph", task_id="top", include_done=False)) == {"top", "b"}
    assert set(server.call("inverse_dep_graph", task_id="a")) == {"a", "top"}


def test_a_graph_of_nothing(server):
    assert server.call("dep_graph", task_id="nobody") == {}
    assert server.call("inverse_dep_graph", task_id="nobody") == {}


def test_a_graph_names_what_was_never_described(server):
    server.add("top", deps=["Family_x_1"])
    got = server.call("dep_graph", task_id="top")["Family_x_1"]
    assert (got["deps"], got["status"], got["workers"], got["start_time"], got["name"]) == ([], "UNKNOWN", [], "UNKNOWN", "Family")


def test_a_cycle_is_only_a_graph(server):
    server.add("a", deps=["b"])
    server.add("b", deps=["a"])
    assert set(server.call("dep_graph", task_id="a")) == {"a", "b"}
    server.add("a", deps=["b"], priority=7)
    assert server.work() is None
    assert server.tasks(status="PENDING", upstream_status="UPSTREAM_FAILED") == {}


def test_hidden_parameters_stay_hidden(server):
    """0 is public, 1 is hidden, 2 is private (luigi.parameter.ParameterVisibility)."""
    server.add("t", params={"open": "1", "hidden": "2", "secret": "3"}, param_visibilities={"open": 0, "hidden": 1, "secret": 2})
    assert server.tasks()["t"]["params"] == {"open": "1"}
    assert server.call("get_work", worker="w")["task_params"] == {"open": "1", "hidden": "2", "secret": "3"}


def test_the_first_description_of_a_task_stays(server):
    server.add("t", family="First", module="m1", params={"p": "1"})
    server.add("t", family="Second", module="m2", params={"p": "2"})
    got = server.call("get_work", worker="w")
    assert (got["task_family"], got["task_module"], got["task_params"]) == ("First", "m1", {"p": "1"})


def test_the_tracking_url_can_be_taken_back(server):
    server.add("t", tracking_url="http://a")
    assert server.tasks()["t"]["tracking_url"] == "http://a"
    server.add("t")
    assert server.tasks()["t"]["tracking_url"] is None


def test_workers_newest_first(server):
    for i, worker in enumerate(("old", "new")):
        server.at(1000 + i).call("add_worker", worker=worker, info=[["host", worker.upper()], ["first_task", "t"]])
    server.at(1002).add("t", "old", params={"p": "1"})
    got = server.call("worker_list")
    assert [(w["name"], w["host"], w["first_task_display_name"], w["num_pending"]) for w in got] == [("new", "NEW", "F(p=1)", 0), ("old", "OLD", "F(p=1)", 1)]


# -- memory ------------------------------------------------------------------------------------------


def remembered(make, how):
    server = make()
    server.add("done", status="DONE")
    server.add("top", deps=["dep"], priority=4, params={"p": "1"})
    server.add("dep")
    assert server.work() == "dep"
    server.add("bad", status="FAILED", expl="because")
    server.stop(how)
    server.start()
    return server


def check_memory(server):
    assert {t: r["status"] for t, r in server.tasks().items()} == {"done": "DONE", "top": "PENDING", "dep": "RUNNING", "bad": "FAILED"}
    assert server.call("fetch_error", task_id="bad")["error"] == "because"
    server.add("dep", status="DONE")
    assert server.work() == "top"


def test_state_outlives_a_polite_end(make):
    check_memory(remembered(make, signal.SIGTERM))


@pytest.mark.beyond
def test_state_outlives_a_kill(make):
    check_memory(remembered(make, signal.SIGKILL))


@pytest.mark.beyond
def test_a_message_is_not_delivered_again_after_a_kill(make):
    server = make()
    server.add("t", "a")
    server.call("send_scheduler_message", worker="a", task="t", content="once")
    server.stop(signal.SIGKILL)
    server.start()
    assert len(server.call("ping", worker="a")["rpc_messages"]) == 1
    server.stop(signal.SIGKILL)
    server.start()
    assert server.call("ping", worker="a") == {"rpc_messages": []}


@pytest.mark.beyond
def test_resources_and_pause_set_at_run_time_outlive_a_kill(make):
    server = make("[resources]\ndb = 1")
    server.call("update_resource", resource="db", amount=7)
    server.call("pause")
    server.stop(signal.SIGKILL)
    server.start()
    assert server.call("is_paused") == {"paused": True}
    assert [r["num_total"] for r in server.call("resource_list")] == [7]
