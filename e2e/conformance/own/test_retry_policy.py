"""When a failed task is tried again, and when it is given up: per task, per window, for good, and for a day."""
import pytest

POLICY = {"retry_count": None, "disable_hard_timeout": None, "disable_window": None}


def policy(**more):
    return {**POLICY, **more}


def fail(server, now, task_id="t", **more):
    server.at(now).add(task_id, status="FAILED", **more)
    return server.status(task_id)


def test_a_tasks_own_count_goes_before_the_schedulers(make):
    server = make(retry_count=3)
    server.add("own", retry_policy_dict=policy(retry_count=1))
    server.add("default", retry_policy_dict=policy())
    assert fail(server, 1000, "own", retry_policy_dict=policy(retry_count=1)) == "DISABLED"
    assert [fail(server, now, "default", retry_policy_dict=policy()) for now in (1000, 1001, 1002)] == ["FAILED", "FAILED", "DISABLED"]


def test_nulls_and_a_missing_policy_mean_the_schedulers(make):
    server = make(retry_count=2)
    for name, more in (("nulls", {"retry_policy_dict": policy()}), ("null", {"retry_policy_dict": None}), ("none", {})):
        assert [fail(server, now, name, **more) for now in (1000, 1001)] == ["FAILED", "DISABLED"], name


def test_the_last_policy_sent_counts(server):
    server.add("t", retry_policy_dict=policy(retry_count=1))
    server.add("t", retry_policy_dict=policy(retry_count=2))
    assert fail(server, 1000, retry_policy_dict=policy(retry_count=2)) == "FAILED"
    assert fail(server, 1001, retry_policy_dict=policy(retry_count=2)) == "DISABLED"


def test_an_unknown_key_in_a_policy_is_refused(server):
    assert server.post("add_task", {"task_id": "t", "worker": "w", "retry_policy_dict": {"surprise": 1}}).status == 500


@pytest.mark.parametrize(
    "failures, expected",
    [
        ((1000, 1049), "DISABLED"),
        ((1000, 1050), "DISABLED"),  # exactly the window apart: both are inside
        ((1000, 1051), "FAILED"),
        ((1000, 1051, 1052), "DISABLED"),
        ((1000, 1051, 1102, 1153), "FAILED"),  # never two within 50 s
    ],
)
def test_disable_window(server, failures, expected):
    mine = policy(retry_count=2, disable_window=50)
    server.add("t", retry_policy_dict=mine)
    assert [fail(server, now, retry_policy_dict=mine) for now in failures][-1] == expected


def test_the_schedulers_disable_window(make):
    server = make(retry_count=2, **{"disable-window": 10})
    assert [fail(server, now) for now in (1000, 1011, 1021)] == ["FAILED", "FAILED", "DISABLED"]


@pytest.mark.parametrize("second, expected", [(1059, "FAILED"), (1060, "DISABLED"), (2000, "DISABLED")])
def test_disable_hard_timeout_counts_from_the_first_failure(server, second, expected):
    mine = policy(disable_hard_timeout=60)
    server.add("t", retry_policy_dict=mine)
    assert fail(server, 1000, retry_policy_dict=mine) == "FAILED"
    assert fail(server, second, retry_policy_dict=mine) == expected


def test_the_hard_timeout_does_not_fire_by_itself(server):
    mine = policy(disable_hard_timeout=60)
    fail(server, 1000, retry_policy_dict=mine)
    server.at(1500).call("prune")
    assert server.status("t") == "FAILED"


def test_done_forgets_neither_failures_nor_their_beginning(server):
    mine = policy(retry_count=2, disable_window=3600)
    assert fail(server, 1000, retry_policy_dict=mine) == "FAILED"
    server.at(1010).add("t", status="DONE", retry_policy_dict=mine)
    assert fail(server, 1020, retry_policy_dict=mine) == "DISABLED"


@pytest.mark.parametrize("now, expected", [(1060, "FAILED"), (1060.5, "PENDING")])
def test_a_failed_task_is_pending_again_when_a_prune_finds_its_delay_over(make, now, expected):
    server = make(retry_delay=60)
    server.at(1000).add("t")
    server.run_to("FAILED", "t")
    server.at(now).call("ping", worker="w")
    server.call("prune")
    assert server.status("t") == expected


def test_a_negative_retry_delay_means_never(make):
    server = make(retry_delay=-1)
    server.at(1000).add("t")
    server.run_to("FAILED", "t")
    for now in (1050, 1100, 1150):
        server.at(now).call("ping", worker="w")
    server.call("prune")
    assert server.status("t") == "FAILED"


def disabled(make, **more):
    server = make(retry_count=1, retry_delay=30, disable_persist=100, worker_disconnect_delay=100000, **more)
    server.at(1000).add("t")
    server.run_to("FAILED", "t")
    assert server.status("t") == "DISABLED"
    return server


def test_a_disabled_task_waits_out_disable_persist_and_then_the_retry_delay(make):
    server = disabled(make)
    seen = []
    for now in (1100, 1100.5, 1130, 1131):
        server.at(now).call("prune")
        seen.append(server.status("t"))
    assert seen == ["DISABLED", "FAILED", "FAILED", "PENDING"]
    assert server.work() == "t"


@pytest.mark.parametrize("sent", ["PENDING", "FAILED", "RUNNING", "UNKNOWN"])
def test_workers_do_not_lift_a_schedulers_disable(make, sent):
    server = disabled(make)
    server.at(1010).add("t", status=sent)
    assert server.status("t") == "DISABLED"
    assert server.work() is None


def test_done_lifts_a_schedulers_disable(make):
    server = disabled(make)
    server.at(1010).add("t", status="DONE")
    assert server.status("t") == "DONE"


def test_a_worker_may_take_over_a_disable_and_lift_that(make):
    server = disabled(make)
    assert server.tasks()["t"]["re_enable_able"] is True
    server.at(1010).add("t", status="DISABLED")
    assert server.tasks()["t"]["re_enable_able"] is False
    server.at(1020).add("t", status="PENDING")
    assert server.status("t") == "PENDING"


def test_re_enable_forgets_the_failures(make):
    server = make(retry_count=2, retry_delay=5, worker_disconnect_delay=100000)
    assert [fail(server, now) for now in (1000, 1001)] == ["FAILED", "DISABLED"]
    server.at(1002).call("re_enable_task", task_id="t")
    assert server.status("t") == "FAILED"
    assert fail(server, 1003) == "FAILED"
    assert fail(server, 1004) == "DISABLED"


def test_re_enable_of_what_is_not_disabled_says_nothing(server):
    server.add("t")
    assert server.call("re_enable_task", task_id="t") == {}
    assert server.call("re_enable_task", task_id="nobody") == {}
    assert server.status("t") == "PENDING"


def test_forgiving_does_not_forget(make):
    server = make(retry_count=2)
    assert fail(server, 1000) == "FAILED"
    assert server.call("forgive_failures", task_id="t") == {"task_id": "t", "status": "PENDING"}
    assert fail(server, 1001) == "DISABLED"
    assert server.call("forgive_failures", task_id="t") == {"task_id": "t", "status": "DISABLED"}
    assert server.call("forgive_failures", task_id="nobody") == {"task_id": "nobody", "status": None}


@pytest.mark.parametrize("how, expected", [("FAILED", "DONE"), ("RUNNING", "DONE"), ("PENDING", "PENDING"), ("UNKNOWN", "UNKNOWN")])
def test_mark_as_done(server, how, expected):
    server.add("t")
    if how == "RUNNING":
        assert server.work() == "t"
    else:
        server.add("t", status=how)
    assert server.call("mark_as_done", task_id="t") == {"task_id": "t", "status": expected}
    assert server.status("t") == expected
