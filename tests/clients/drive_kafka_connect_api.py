"""Every property and method of PyPI's kafka-connect-api, against the worker at the first argument."""

from kafka_connect_api.errors import GenericConflict, GenericNotFound
from kafka_connect_api.kafka_connect_api import Api, Cluster, Connector

from common import CLASS, WORKER, config, raises, until

api = Api(url=WORKER)
cluster = Cluster(api)


def running(connector):
    """Waits until a connector and its tasks run."""
    until("the connector runs", lambda state: state == "RUNNING", lambda: connector.state)
    until("its task runs", lambda tasks: tasks and all(task.is_running() for task in tasks), lambda: connector.tasks)


assert cluster.get()["commit"]
assert cluster.version and cluster.kafka_cluster and cluster.version in repr(cluster)
assert cluster.connectors == {}
assert cluster.root_logger["level"]
cluster.root_logger = "WARN"
assert cluster.root_logger["level"] == "WARN"
assert "root" in cluster.set_logger_log_level("root", "INFO")
assert cluster.loggers["root"]["level"] == "INFO"
assert cluster.loggers["root"]["last_modified"] > 0

connector = Connector(cluster, "api")
raises(GenericNotFound, connector.exists)
created = api.post("/connectors", json={"name": "api", "config": config()})
assert created["tasks"] == [{"connector": "api", "task": 0}], created
raises(GenericConflict, lambda: api.post("/connectors", json={"name": "api", "config": config()}))
assert connector.exists()
assert list(cluster.connectors) == ["api"]
running(connector)

assert connector.connector_class == CLASS
assert connector.config == config(name="api")
assert connector.status["type"] == "source"
connector.config = config(websocket__message__queue__size="77")
assert connector.config["websocket.message.queue.size"] == "77"
running(connector)

[task] = connector.tasks
assert task.id == 0 and task.config["websocket.message.queue.size"] == "77" and repr(task) == "api.0"
assert task.status["id"] == 0 and task.connector is connector
task.restart()
running(connector)
connector.restart_all_tasks()
running(connector)
connector.restart()
running(connector)

connector.pause()
until("a pause", lambda state: state == "PAUSED", lambda: connector.state)
until("the task's pause", lambda state: state == "PAUSED", lambda: connector.tasks[0].state)
connector.resume()
running(connector)
connector.cycle_connector()
running(connector)

connector.delete()
raises(GenericNotFound, connector.exists)
raises(GenericNotFound, connector.delete)
assert cluster.connectors == {}
