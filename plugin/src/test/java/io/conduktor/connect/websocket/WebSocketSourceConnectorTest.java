package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.junit.jupiter.api.Test;

class WebSocketSourceConnectorTest {
    private static Map<String, String> config(String... more) {
        Map<String, String> config = new HashMap<>();
        config.put("name", "c");
        config.put("websocket.url", "ws://127.0.0.1:9/ws");
        config.put("kafka.topic", "t");
        for (int i = 0; i < more.length; i += 2) {
            config.put(more[i], more[i + 1]);
        }
        return config;
    }

    private static Map<String, ConfigValue> validated(Map<String, String> config) {
        Map<String, ConfigValue> values = new HashMap<>();
        for (ConfigValue value : new WebSocketSourceConnector().validate(config).configValues()) {
            values.put(value.name(), value);
        }
        return values;
    }

    @Test
    void settingsHaveTheReferencesTypesAndDefaults() {
        Map<String, ConfigDef.ConfigKey> keys = WebSocketSourceConnectorConfig.CONFIG_DEF.configKeys();
        assertEquals(ConfigDef.Type.PASSWORD, keys.get("websocket.auth.token").type);
        assertEquals(ConfigDef.Type.INT, keys.get("websocket.message.queue.size").type);
        assertEquals(10000, keys.get("websocket.message.queue.size").defaultValue);
        assertEquals(5000L, keys.get("websocket.reconnect.interval.ms").defaultValue);
        assertEquals(ConfigDef.NO_DEFAULT_VALUE, keys.get("kafka.topic").defaultValue);
        assertNull(keys.get("websocket.headers").defaultValue);
        WebSocketSourceConnectorConfig config = new WebSocketSourceConnectorConfig(
            config("websocket.auth.token", "s3cret", "websocket.reconnect.enabled", "FALSE"));
        assertEquals("ws://127.0.0.1:9/ws", config.getWebSocketUrl());
        assertEquals("s3cret", config.getAuthToken());
        assertFalse(config.isReconnectEnabled());
        assertEquals(30000, config.getConnectionTimeoutMs());
        assertNull(config.getSubscriptionMessage());
    }

    @Test
    void everyErrorOfEverySettingIsTold() {
        ConfigException error = assertThrows(ConfigException.class, () -> new WebSocketSourceConnectorConfig(
            Map.of("websocket.url", "http://h", "websocket.message.queue.size", "x")));
        for (String part : List.of("websocket.url", "kafka.topic", "websocket.message.queue.size")) {
            assertTrue(error.getMessage().contains(part), error.getMessage());
        }
        Map<String, ConfigValue> values = validated(Map.of("websocket.url", "http://h"));
        assertEquals(1, values.get("websocket.url").errorMessages().size());
        assertEquals(1, values.get("kafka.topic").errorMessages().size());
        assertEquals(List.of(), values.get("websocket.binary").errorMessages());
        assertEquals(List.of("drop", "bytes", "base64", "text"), values.get("websocket.binary").recommendedValues());
    }

    @Test
    void validationShowsNoSecret() {
        Map<String, ConfigValue> values = validated(config("websocket.url", "wss://u:s3cret@h/p?k=s3cret",
            "websocket.headers", "Key:s3cret", "websocket.auth.token", "s3cret",
            "websocket.subscription.message", "{\"key\":\"s3cret\"}"));
        assertFalse(values.toString().contains("s3cret"), values.toString());
        assertEquals(new Password("s3cret"), values.get("websocket.auth.token").value());
        assertEquals("[hidden]", values.get("websocket.headers").value());
    }

    @Test
    void oneUrlIsOneTaskWithTheWholeConfiguration() {
        WebSocketSourceConnector connector = new WebSocketSourceConnector();
        connector.start(config("other", "x"));
        assertEquals(List.of(config("other", "x")), connector.taskConfigs(5));
        assertEquals(WebSocketSourceTask.class, connector.taskClass());
        assertEquals("1.0.0", connector.version());
        connector.stop();
        connector.stop();
        assertThrows(ConfigException.class, () -> connector.start(Map.of()));
    }

    @Test
    void whatItCannotPromiseItDoesNot() {
        WebSocketSourceConnector connector = new WebSocketSourceConnector();
        assertEquals(ExactlyOnceSupport.UNSUPPORTED, connector.exactlyOnceSupport(config()));
        assertEquals(ExactlyOnceSupport.UNSUPPORTED, connector.exactlyOnceSupport(Map.of()));
        Map<String, String> spooled = new HashMap<>(config());
        spooled.put("websocket.spool.mode", "durable");
        spooled.put("websocket.spool.dir", "/tmp/spool");
        assertEquals(ExactlyOnceSupport.UNSUPPORTED, connector.exactlyOnceSupport(spooled));
        spooled.put("websocket.buffer.overflow", "block");
        assertEquals(ExactlyOnceSupport.SUPPORTED, connector.exactlyOnceSupport(spooled));
        assertEquals(ConnectorTransactionBoundaries.UNSUPPORTED,
            connector.canDefineTransactionBoundaries(config()));
        // It manages no offsets beside Connect's.
        assertFalse(connector.alterOffsets(config(), Map.of()));
    }
}
