"""Every method of PyPI's kafka-connect-py, against the worker at the first argument."""

from kafka_connect import KafkaConnect
from requests import HTTPError

from common import CLASS, TOPIC, WORKER, config, raises, until

client = KafkaConnect(WORKER)


def state(name, wanted):
    """Waits for the state of a connector and of its tasks."""

    def is_so(status):
        states = {task["state"] for task in status["tasks"]}
        return status["connector"]["state"] == wanted and states == ({wanted} if wanted != "STOPPED" else set())

    return until(f"{name} is {wanted}", is_so, lambda: client.get_connector_status(name))


info = client.get_cluster_info()
assert info["version"] and info["kafka_cluster_id"] and "commit" in info, info
assert client.list_connectors() == []
plugins = client.list_connector_plugins()
assert {"class": CLASS, "type": "source", "version": "1.0.0"} in plugins, plugins

checked = client.validate_connector_config("WebSocketSource", config(name="one"))
assert checked["error_count"] == 0 and checked["name"] == CLASS, checked
checked = client.validate_connector_config(CLASS, config(name="one", tasks__max="none"))
errors = [error for entry in checked["configs"] for error in entry["value"]["errors"]]
assert "Invalid value none for configuration tasks.max: Not a number of type INT" in errors, errors

created = client.create_connector({"name": "py-one", "config": config()})
assert created["name"] == "py-one" and created["type"] == "source", created
assert created["config"] == config(name="py-one"), created
assert created["tasks"] == [{"connector": "py-one", "task": 0}], created
again = raises(HTTPError, client.create_connector, {"name": "py-one", "config": config()})
assert again.response.status_code == 409, again
bad = raises(HTTPError, client.create_connector, {"name": "py-bad", "config": {"connector.class": CLASS}})
assert bad.response.status_code == 400, bad
two = client.update_connector("py-two", config())
assert two["config"]["name"] == "py-two", two
state("py-one", "RUNNING")
state("py-two", "RUNNING")

assert sorted(client.list_connectors()) == ["py-one", "py-two"]
assert client.list_connectors(pattern="py-o") == ["py-one"]
assert sorted(client.list_connectors(state="running")) == ["py-one", "py-two"]
assert client.list_connectors(expand="info")["py-one"]["info"]["type"] == "source"
expanded = client.list_connectors(expand="status", state="RUNNING")
assert expanded["py-two"]["status"]["connector"]["worker_id"], expanded

assert client.get_connector("py-one")["config"] == config(name="py-one")
assert client.get_connector_config("py-one") == config(name="py-one")
missing = raises(HTTPError, client.get_connector, "nobody")
assert missing.response.status_code == 404, missing
changed = client.update_connector("py-one", config(websocket__message__queue__size="77"))
assert changed["config"]["websocket.message.queue.size"] == "77", changed
state("py-one", "RUNNING")

[task] = client.list_connector_tasks("py-one")
assert task["id"] == {"connector": "py-one", "task": 0}, task
assert task["config"]["websocket.message.queue.size"] == "77", task
assert client.get_connector_task_status("py-one", 0)["state"] == "RUNNING"
client.restart_connector_task("py-one", 0)
state("py-one", "RUNNING")
raises(HTTPError, client.restart_connector_task, "nobody", 0)

until("topics", lambda topics: topics["py-one"]["topics"] == [TOPIC], lambda: client.list_connector_topics("py-one"))
client.reset_connector_topics("py-one")

assert client.restart_connector("py-one") is None
plan = client.restart_connector("py-one", include_tasks=True)
assert plan["connector"]["state"] == "RESTARTING" and plan["tasks"][0]["state"] == "RESTARTING", plan
state("py-one", "RUNNING")
assert client.restart_connector("py-one", include_tasks=True, only_failed=True)["name"] == "py-one"
client.restart_all_connectors(include_tasks=True)
state("py-one", "RUNNING")
state("py-two", "RUNNING")
raises(HTTPError, client.restart_connector, "nobody")

client.pause_connector("py-one")
state("py-one", "PAUSED")
client.resume_connector("py-one")
state("py-one", "RUNNING")
client.pause_all_connectors(pattern="py-")
state("py-two", "PAUSED")
state("py-one", "PAUSED")
client.resume_all_connectors(state="paused")
state("py-one", "RUNNING")
state("py-two", "RUNNING")
client.stop_connector("py-one")
state("py-one", "STOPPED")
client.stop_all_connectors()
state("py-two", "STOPPED")

client.delete_connector("py-one")
client.delete_all_connectors()
assert client.list_connectors() == []
