"""Messages to workers: delivered once, in order, and answered once."""


def test_messages_are_delivered_once_and_in_order(server):
    server.add("t", "a")
    sent = [server.call("send_scheduler_message", worker="a", task="t", content=str(i))["message_id"] for i in range(3)]
    server.call("set_worker_processes", worker="a", n=4)
    got = server.call("ping", worker="a")["rpc_messages"]
    assert [m["name"] for m in got] == ["dispatch_scheduler_message"] * 3 + ["set_worker_processes"]
    assert [m["kwargs"] for m in got[:3]] == [{"task_id": "t", "message_id": i, "content": str(n)} for n, i in enumerate(sent)]
    assert got[3]["kwargs"] == {"n": 4}
    assert server.call("ping", worker="a") == {"rpc_messages": []}
    assert len(set(sent)) == 3


def test_each_worker_has_its_own(server):
    server.call("set_worker_processes", worker="a", n=2)
    assert server.call("ping", worker="b") == {"rpc_messages": []}
    assert len(server.call("ping", worker="a")["rpc_messages"]) == 1


def test_the_list_of_workers_counts_the_unread(server):
    server.add("t", "a")
    server.call("set_worker_processes", worker="a", n=2)
    server.call("set_worker_processes", worker="a", n=3)
    assert [w["num_unread_rpc_messages"] for w in server.call("worker_list")] == [2]
    server.call("ping", worker="a")
    assert [w["num_unread_rpc_messages"] for w in server.call("worker_list")] == [0]


def test_get_work_does_not_take_messages(server):
    server.add("t", "a")
    server.call("set_worker_processes", worker="a", n=2)
    server.work("a")
    assert len(server.call("ping", worker="a")["rpc_messages"]) == 1


def test_an_answer_is_read_once(server):
    server.add("t", "a")
    message = server.call("send_scheduler_message", worker="a", task="t", content="how far?")["message_id"]
    assert server.call("get_scheduler_message_response", task_id="t", message_id=message) == {"response": None}
    server.call("add_scheduler_message_response", task_id="t", message_id=message, response="half way")
    assert server.call("get_scheduler_message_response", task_id="t", message_id="another") == {"response": None}
    assert server.call("get_scheduler_message_response", task_id="t", message_id=message) == {"response": "half way"}
    assert server.call("get_scheduler_message_response", task_id="t", message_id=message) == {"response": None}


def test_an_answer_for_an_unknown_task_is_dropped(server):
    assert server.call("add_scheduler_message_response", task_id="nobody", message_id="m", response="r") is None
    assert server.call("get_scheduler_message_response", task_id="nobody", message_id="m") == {"response": None}


def test_messages_can_be_turned_off(make):
    server = make(send_messages="false")
    server.add("t", "a")
    assert server.call("send_scheduler_message", worker="a", task="t", content="x") == {"message_id": None}
    assert server.call("ping", worker="a") == {"rpc_messages": []}


def test_pausing_can_be_turned_off(make):
    server = make(pause_enabled="false")
    assert server.call("is_pause_enabled") == {"enabled": False}
    server.call("pause")
    assert server.call("is_paused") == {"paused": False}
    server.add("t")
    assert server.work() == "t"
