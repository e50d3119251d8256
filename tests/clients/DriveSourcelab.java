import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.sourcelab.kafka.connect.apiclient.Configuration;
import org.sourcelab.kafka.connect.apiclient.KafkaConnectClient;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorDefinition;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorPluginConfigDefinition;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorPluginConfigValidationResults;
import org.sourcelab.kafka.connect.apiclient.request.dto.ConnectorStatus;
import org.sourcelab.kafka.connect.apiclient.request.dto.NewConnectorDefinition;
import org.sourcelab.kafka.connect.apiclient.request.dto.Task;
import org.sourcelab.kafka.connect.apiclient.request.post.PostConnectorRestart;
import org.sourcelab.kafka.connect.apiclient.rest.exceptions.InvalidRequestException;
import org.sourcelab.kafka.connect.apiclient.rest.exceptions.ResourceNotFoundException;

/**
 * Every method of org.sourcelab's kafka-connect-client. Arguments: the worker's URL, a WebSocket server's URL, a topic.
 */
public final class DriveSourcelab {
    private static final String CLASS = "io.conduktor.connect.websocket.WebSocketSourceConnector";
    private static final Duration LIMIT = Duration.ofSeconds(60);
    /** The client has to encode it. */
    private static final String NAME = "java client+plus";

    private static KafkaConnectClient client;

    private static void check(boolean holds, Object seen) {
        if (!holds) {
            throw new AssertionError(String.valueOf(seen));
        }
    }

    private static void until(String what, Callable<Boolean> holds) throws Exception {
        Instant deadline = Instant.now().plus(LIMIT);
        while (true) {
            try {
                if (holds.call()) {
                    return;
                }
            } catch (ResourceNotFoundException e) {
                // Not there yet.
            }
            if (Instant.now().isAfter(deadline)) {
                throw new AssertionError("not in time: " + what);
            }
            Thread.sleep(50);
        }
    }

    private static <E extends Exception> void fails(Class<E> kind, Callable<?> call) {
        try {
            call.call();
        } catch (Exception e) {
            check(kind.isInstance(e), e);
            return;
        }
        throw new AssertionError("no " + kind);
    }

    private static void waitFor(String state) throws Exception {
        until(NAME + " is " + state, () -> {
            ConnectorStatus status = client.getConnectorStatus(NAME);
            return status.getConnector().get("state").equals(state) && status.getTasks().size() == 1
                && status.getTasks().stream().allMatch(task -> task.getState().equals(state));
        });
    }

    private static void server() {
        check(!client.getConnectServerVersion().getVersion().isEmpty(), "a version");
        check(!client.getConnectServerVersion().getKafkaClusterId().isEmpty(), "a cluster");
        check(client.getConnectors().isEmpty(), client.getConnectors());
        check(client.getConnectorPlugins().stream().anyMatch(plugin -> plugin.getClassName().equals(CLASS)
            && plugin.getType().equals("source") && plugin.getVersion().equals("1.0.0")),
            client.getConnectorPlugins());
        fails(ResourceNotFoundException.class, () -> client.getConnector("nobody"));
    }

    private static void validate(Map<String, String> config) {
        Map<String, String> named = new HashMap<>(config);
        named.put("name", NAME);
        ConnectorPluginConfigValidationResults results =
            client.validateConnectorPluginConfig(new ConnectorPluginConfigDefinition("WebSocketSource", named));
        check(results.getErrorCount() == 0 && results.getName().equals(CLASS), results);
        named.put("tasks.max", "none");
        results = client.validateConnectorPluginConfig(new ConnectorPluginConfigDefinition(CLASS, named));
        check(results.getErrorCount() > 0 && results.getConfigs().stream().anyMatch(entry ->
            entry.getDefinition().getName().equals("tasks.max") && !entry.getValue().getErrors().isEmpty()), results);
    }

    private static void create(Map<String, String> config) throws Exception {
        NewConnectorDefinition definition = new NewConnectorDefinition(NAME, config);
        ConnectorDefinition created = client.addConnector(definition);
        check(created.getName().equals(NAME) && created.getTasks().size() == 1, created);
        fails(Exception.class, () -> client.addConnector(definition));
        fails(InvalidRequestException.class,
            () -> client.addConnector(new NewConnectorDefinition("bad", Map.of("connector.class", CLASS))));
        waitFor("RUNNING");
        check(List.copyOf(client.getConnectors()).equals(List.of(NAME)), client.getConnectors());
        check(client.getConnector(NAME).getConfig().get("name").equals(NAME), client.getConnector(NAME));
        Map<String, String> changed = new HashMap<>(config);
        changed.put("websocket.message.queue.size", "77");
        client.updateConnectorConfig(NAME, changed);
        changed.put("name", NAME);
        check(client.getConnectorConfig(NAME).equals(changed), client.getConnectorConfig(NAME));
        waitFor("RUNNING");
    }

    private static void expand() {
        check(client.getConnectorsWithExpandedStatus().getStatusForConnector(NAME).getConnector().get("state")
            .equals("RUNNING"), client.getConnectorsWithExpandedStatus());
        check(client.getConnectorsWithExpandedInfo().getDefinitionForConnector(NAME).getType().equals("source"),
            client.getConnectorsWithExpandedInfo());
        check(client.getConnectorsWithAllExpandedMetadata().getConnectorNames().contains(NAME),
            client.getConnectorsWithAllExpandedMetadata());
    }

    private static void tasksAndTopics(String topic) throws Exception {
        List<Task> tasks = List.copyOf(client.getConnectorTasks(NAME));
        check(tasks.size() == 1 && tasks.get(0).getConfig().get("websocket.message.queue.size").equals("77"), tasks);
        check(client.getConnectorTaskStatus(NAME, 0).getState().equals("RUNNING"), "the task's state");
        check(client.restartConnectorTask(NAME, 0), "a task's restart");
        waitFor("RUNNING");
        until("topics", () -> client.getConnectorTopics(NAME).getTopics().equals(List.of(topic)));
        check(client.resetConnectorTopics(NAME), "a reset of topics");
    }

    private static void life() throws Exception {
        check(client.restartConnector(NAME), "a restart");
        waitFor("RUNNING");
        check(client.restartConnector(new PostConnectorRestart(NAME).withIncludeTasks(true)), "a whole restart");
        waitFor("RUNNING");
        check(client.pauseConnector(NAME), "a pause");
        waitFor("PAUSED");
        check(client.resumeConnector(NAME), "a resume");
        waitFor("RUNNING");
        check(client.stopConnector(NAME), "a stop");
        until(NAME + " has stopped", () -> {
            ConnectorStatus status = client.getConnectorStatus(NAME);
            return status.getConnector().get("state").equals("STOPPED") && status.getTasks().isEmpty();
        });
        check(client.resumeConnector(NAME), "a resume from a stop");
        waitFor("RUNNING");
        check(client.deleteConnector(NAME), "an end");
        fails(ResourceNotFoundException.class, () -> client.deleteConnector(NAME));
        check(client.getConnectors().isEmpty(), client.getConnectors());
    }

    public static void main(String[] args) throws Exception {
        client = new KafkaConnectClient(new Configuration(args[0]));
        Map<String, String> config = Map.of("connector.class", CLASS, "websocket.url", args[1], "kafka.topic", args[2]);
        server();
        validate(config);
        create(config);
        expand();
        tasksAndTopics(args[2]);
        life();
    }
}
