"""Who may end a run, and what happens to the work of those who fall silent."""
import pytest


def running(server, task_id="t", worker="a"):
    server.add(task_id, worker)
    assert server.work(worker) == task_id


@pytest.mark.parametrize("status", ["DONE", "FAILED", "PENDING", "DISABLED", "UNKNOWN", "RUNNING"])
def test_another_worker_does_not_end_a_run(server, status):
    running(server)
    server.add("t", "b", status=status)
    assert server.status("t") == "RUNNING"
    assert server.tasks()["t"]["worker_running"] == "a"


@pytest.mark.parametrize("status, expected", [("DONE", "DONE"), ("FAILED", "FAILED"), ("PENDING", "RUNNING"), ("DISABLED", "RUNNING")])
def test_the_worker_itself_ends_it(server, status, expected):
    running(server)
    server.add("t", "a", status=status)
    assert server.status("t") == expected


def test_new_dependencies_put_a_run_back(server):
    running(server)
    server.add("dep", "a")
    server.add("t", "a", status="PENDING", new_deps=["dep"])
    assert server.status("t") == "PENDING"
    assert server.work("a") == "dep"
    server.add("dep", "a", status="DONE")
    assert server.work("a") == "t"


def test_a_run_said_to_have_begun_is_taken_over_only_if_nobody_has_it(server):
    server.add("t", "a")
    server.add("t", "b", status="RUNNING")
    assert server.tasks()["t"]["worker_running"] == "b"
    server.add("t", "a", status="RUNNING")
    assert server.tasks()["t"]["worker_running"] == "b"
    server.add("t", "a", status="DONE")
    assert server.status("t") == "RUNNING"


def test_no_task_is_handed_to_two_workers(server):
    for worker in "abc":
        for i in range(20):
            server.add(f"t{i:02}", worker)
    handed = [server.work(worker) for _ in range(7) for worker in "abc"]
    assert sorted(t for t in handed if t) == [f"t{i:02}" for i in range(20)]
    assert handed.count(None) == 1


def test_a_worker_not_named_by_a_task_does_not_get_it(server):
    server.add("t", "a")
    assert server.work("b") is None
    assert server.work("a") == "t"


# -- lost replies ------------------------------------------------------------------------------------


def test_a_lost_reply_is_given_again(server):
    server.add("t1")
    server.add("t2")
    assert server.work(current_tasks=[]) == "t1"
    assert server.work(current_tasks=[]) == "t1"  # the worker never heard of it
    assert server.work(current_tasks=["t1"]) == "t2"
    assert server.work(current_tasks=["t1", "t2"]) is None
    assert server.work(current_tasks=["t2"]) == "t1"


def test_a_worker_that_does_not_say_what_it_runs_gets_nothing_twice(server):
    server.add("t1")
    assert server.work() == "t1"
    assert server.work() is None


def test_a_lost_reply_is_given_again_while_paused(server):
    server.add("t1")
    server.add("t2")
    assert server.work(current_tasks=[]) == "t1"
    server.call("pause")
    assert server.work(current_tasks=["t1"]) is None
    assert server.work(current_tasks=[]) == "t1"
    server.call("unpause")
    assert server.work(current_tasks=["t1"]) == "t2"


def test_of_several_lost_replies_the_highest_ranked_comes_first(server):
    server.add("low", priority=1)
    server.add("high", priority=9)
    assert [server.work(), server.work()] == ["high", "low"]
    assert server.work(current_tasks=[]) == "high"


def test_others_do_not_get_what_was_lost(server):
    server.add("t", "a")
    server.add("t", "b")
    assert server.work("a", current_tasks=[]) == "t"
    assert server.work("b", current_tasks=[]) is None
    assert server.work("a", current_tasks=[]) == "t"


def test_a_lost_batch_is_pending_again(server):
    batch(server, 3)
    first = server.call("get_work", worker="w", current_tasks=[])
    assert first["task_id"] is None and sorted(first["batch_task_ids"]) == ["b0", "b1", "b2"]
    again = server.call("get_work", worker="w", current_tasks=[])
    assert again["batch_id"] == first["batch_id"] and sorted(again["batch_task_ids"]) == ["b0", "b1", "b2"]


# -- silent workers ----------------------------------------------------------------------------------


@pytest.mark.parametrize("later, expected", [(60, "RUNNING"), (60.5, "FAILED")])
def test_the_work_of_a_silent_worker_fails(server, later, expected):
    server.at(1000)
    running(server)
    server.at(1000 + later).call("prune")
    assert server.status("t") == expected


def test_a_ping_is_a_sign_of_life(server):
    server.at(1000)
    running(server)
    for now in range(1050, 1300, 50):
        server.at(now).call("ping", worker="a")
        server.call("prune")
    assert server.status("t") == "RUNNING"


def test_another_stakeholder_does_not_save_a_run_from_its_dead_worker(make):
    server = make(worker_disconnect_delay=10)
    server.at(1000)
    running(server)
    server.at(1009).add("t", "b")
    server.at(1012).call("prune")
    assert server.status("t") == "FAILED"


def test_what_nobody_wants_is_removed_after_remove_delay(make):
    server = make(remove_delay=100, worker_disconnect_delay=10)
    server.at(1000).add("t", "a")
    server.at(1011).call("prune")
    assert server.status("t") == "PENDING"
    server.at(1110).call("prune")
    assert server.status("t") == "PENDING"
    server.at(1112).call("prune")
    assert server.status("t") is None


def test_a_worker_that_comes_back_keeps_its_task(make):
    server = make(remove_delay=100, worker_disconnect_delay=10)
    server.at(1000).add("t", "a")
    server.at(1011).call("prune")
    server.at(1050).add("t", "a")
    server.at(1200).call("ping", worker="a")
    server.call("prune")
    assert server.status("t") == "PENDING"


def test_an_assistant_runs_what_is_others_and_loads_it_by_name(server):
    server.add("t", "a", module="m", family="F", params={"p": "1"})
    server.call("add_worker", worker="helper", info=[["assistant", True]])
    got = server.call("get_work", worker="helper", assistant=True)
    assert (got["task_id"], got["task_family"], got["task_module"], got["task_params"]) == ("t", "F", "m", {"p": "1"})


def test_a_disabled_worker_is_told_so_and_gets_nothing(server):
    server.add("t", "a")
    server.call("disable_worker", worker="a")
    got = server.call("get_work", worker="a")
    assert got == {"n_pending_tasks": 0, "running_tasks": [], "task_id": None, "n_unique_pending": 0, "worker_state": "disabled"}
    server.add("u", "a")
    assert server.status("u") is None


def test_a_disabled_worker_may_end_what_it_runs(server):
    running(server)
    server.call("disable_worker", worker="a")
    server.add("t", "a", status="DONE")
    assert server.status("t") == "DONE"


def test_done_is_stable_for_a_while(make):
    server = make(stable_done_cooldown_secs=5)
    server.at(1000).add("t")
    server.run_to("DONE", "t")
    server.at(1004).add("t")
    assert server.status("t") == "DONE"
    server.at(1006).add("t")
    assert server.status("t") == "PENDING"


# -- batches -----------------------------------------------------------------------------------------


def batch(server, n, size=None, **more):
    server.call("add_task_batcher", worker="w", task_family="B", batched_args=["v"], **({} if size is None else {"max_batch_size": size}))
    for i in range(n):
        server.add(f"b{i}", family="B", params={"v": str(i), "same": "x"}, batchable=True, **more)


def test_a_batch_holds_at_most_its_size_in_rank_order(server):
    batch(server, 5, size=2)
    got = server.call("get_work", worker="w")
    assert got["batch_task_ids"] == ["b0", "b1"]
    assert got["task_params"] == {"v": ["0", "1"], "same": "x"}
    assert {t: server.status(t) for t in ("b0", "b1", "b2")} == {"b0": "BATCH_RUNNING", "b1": "BATCH_RUNNING", "b2": "PENDING"}


def test_tasks_that_differ_elsewhere_are_not_batched(server):
    server.call("add_task_batcher", worker="w", task_family="B", batched_args=["v"])
    server.add("x0", family="B", params={"v": "0", "same": "x"}, batchable=True)
    server.add("y0", family="B", params={"v": "1", "same": "y"}, batchable=True)
    server.add("x1", family="B", params={"v": "2", "same": "x"}, batchable=True)
    assert server.call("get_work", worker="w")["batch_task_ids"] == ["x0", "x1"]
    assert server.work() == "y0"


@pytest.mark.parametrize("end", ["DONE", "FAILED"])
def test_a_batch_ends_with_its_leader(server, end):
    batch(server, 3)
    got = server.call("get_work", worker="w")
    server.add("all", family="B", status="RUNNING", batch_id=got["batch_id"], params={"v": "0,1,2", "same": "x"})
    server.call("set_task_status_message", task_id="all", status_message="half way")
    server.call("set_task_progress_percentage", task_id="all", progress_percentage=50)
    assert server.call("get_task_status_message", task_id="b1") == {"taskId": "b1", "statusMessage": "half way"}
    assert server.call("get_task_progress_percentage", task_id="b1") == {"taskId": "b1", "progressPercentage": 50}
    server.add("all", family="B", status=end, expl="because")
    assert {t: server.status(t) for t in ("b0", "b1", "b2")} == {t: end for t in ("b0", "b1", "b2")}
    assert server.call("fetch_error", task_id="b2")["error"] == "because"


def test_a_batch_of_one_is_a_task(server):
    batch(server, 1)
    got = server.call("get_work", worker="w")
    assert got["task_id"] == "b0" and "batch_id" not in got
