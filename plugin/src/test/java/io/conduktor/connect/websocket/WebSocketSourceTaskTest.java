package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WebSocketSourceTaskTest {
    private final WebSocketSourceTask task = new WebSocketSourceTask();

    private static Map<String, String> config(String... more) {
        // Nobody listens on port 9.
        Map<String, String> config = new HashMap<>(Map.of("name", "c", "websocket.url", "ws://127.0.0.1:9/ws",
            "kafka.topic", "t"));
        for (int i = 0; i < more.length; i += 2) {
            config.put(more[i], more[i + 1]);
        }
        return config;
    }

    private static boolean hasThread(String name) {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(thread -> thread.getName().equals(name));
    }

    @AfterEach
    void stop() {
        task.stop();
    }

    @Test
    void aTaskStartsWithoutAContextAndStopsTwice() throws InterruptedException {
        task.start(config());
        assertTrue(hasThread("websocket-log"));
        assertNull(task.poll());
        task.stop();
        task.stop();
        assertNull(task.poll());
        assertFalse(hasThread("websocket-log"));
    }

    @Test
    void aTasksSeriesAreInJmxAsLongAsItRuns() throws Exception {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        ObjectName name = WebSocketSeries.name("c");
        task.start(config());
        assertEquals(10_000.0, server.getAttribute(name, "queue_capacity_messages"));
        MBeanAttributeInfo[] attributes = server.getMBeanInfo(name).getAttributes();
        String[] names = Arrays.stream(attributes).map(MBeanAttributeInfo::getName).toArray(String[]::new);
        assertEquals(names.length, server.getAttributes(name, names).size());
        task.stop();
        assertFalse(server.isRegistered(name));
    }

    @Test
    void aTaskThatWasNeverStartedStopsAndPollsNothing() throws InterruptedException {
        task.stop();
        assertNull(task.poll());
    }

    @Test
    void aTaskStartsAgain() throws InterruptedException {
        task.start(config());
        task.stop();
        task.start(config());
        assertNull(task.poll());
    }

    @Test
    void aConfigurationThatIsNotValidIsRefusedWithItsSettings() {
        Map<String, String> config = config("websocket.url", "http://h", "kafka.topic", " ",
            "websocket.message.queue.size", "0", "websocket.binary", "hex");
        String text = assertThrows(ConfigException.class, () -> task.start(config)).getMessage();
        assertTrue(text.contains("websocket.url") && text.contains("kafka.topic"), text);
        assertEquals(4, text.split("\n").length, text);
        // In the words and the order of the connector's own start.
        ConfigException connector = assertThrows(ConfigException.class,
            () -> new WebSocketSourceConnector().start(config));
        assertEquals(connector.getMessage(), text);
    }

    @Test
    void aUrlThatIsNoneIsAnErrorOfItsSettingAndOfNothingElse() {
        for (String url : List.of(" ", "h", "http://h", "ws:h", "ws://", "ws://:80", "ws:///p", "ws://h h", "ws://[::1",
            "ws://h:99999", "ws://u:p@", "ws://h^")) {
            Map<String, String> config = config("websocket.url", url);
            String text = assertThrows(ConfigException.class, () -> task.start(config), url).getMessage();
            assertTrue(text.startsWith("Invalid value") && text.contains("websocket.url"), text);
        }
    }

    @Test
    void aConfigurationWithoutWhatIsRequiredIsRefusedAndLeavesNothing() {
        for (Map<String, String> config : List.of(Map.<String, String>of(),
            config("websocket.url", null, "kafka.topic", null))) {
            String text = assertThrows(ConfigException.class, () -> task.start(config)).getMessage();
            assertTrue(text.contains("websocket.url") && text.contains("kafka.topic"), text);
        }
        assertFalse(hasThread("websocket-log"));
    }

    @Test
    void withoutReconnectAFailedAttemptFailsThePoll() {
        task.start(config("websocket.reconnect.enabled", "false"));
        ConnectException failure = assertThrows(ConnectException.class, () -> {
            List<SourceRecord> records = task.poll();
            while (records == null) {
                records = task.poll();
            }
        });
        assertTrue(failure.getMessage().contains("127.0.0.1"), failure.getMessage());
    }

    @Test
    void aPartitionHasTheSameBytesInEachJvm() {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "false"), true);
        Map<String, String> partition = WebSocketSourceTask.partition("ws://h", new String[] {"1", "id"});
        byte[] bytes = converter.fromConnectData("t", null, partition);
        assertEquals("{\"spool\":\"id\",\"websocket_url\":\"ws://h\"}", new String(bytes, StandardCharsets.UTF_8));
    }

    @Test
    void anOffsetIsTheTwoFieldsOfTheReference() {
        Map<String, Object> offset = new SequenceOffset("id", 7);
        assertEquals(Map.of("session_id", "id", "sequence", 7L), offset);
        assertEquals(offset, new HashMap<>(offset));
        assertEquals(7L, offset.get("sequence"));
        assertNull(offset.get("other"));
    }
}
