package io.conduktor.connect.websocket;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.source.SourceConnector;

/**
 * What Kafka Connect sees of the WebSocket Source Connector 1.0.0, and no more: its class name, version and settings.
 * A real worker runs it beside ours, so that all that differs is the worker.
 */
public final class WebSocketSourceConnector extends SourceConnector {
    static final String URL = "websocket.url";
    static final String TOPIC = "kafka.topic";
    static final String MAX_ATTEMPTS = "websocket.reconnect.max.attempts";
    static final String VERSION = "1.0.0";

    static final ConfigDef CONFIG = new ConfigDef()
        .define(URL, Type.STRING, ConfigDef.NO_DEFAULT_VALUE, WebSocketSourceConnector::checkUrl, Importance.HIGH,
            "The endpoint")
        .define(TOPIC, Type.STRING, Importance.HIGH, "The topic")
        .define("websocket.subscription.message", Type.STRING, null, Importance.MEDIUM, "Sent after a connect")
        .define("websocket.reconnect.enabled", Type.BOOLEAN, true, Importance.MEDIUM, "Whether to connect again")
        .define("websocket.reconnect.interval.ms", Type.LONG, 5000L, Importance.MEDIUM, "The first delay")
        .define("websocket.headers", Type.STRING, null, Importance.LOW, "For the upgrade")
        .define("websocket.auth.token", Type.PASSWORD, null, Importance.MEDIUM, "A bearer token")
        .define("websocket.message.queue.size", Type.INT, 10000, Importance.LOW, "How many messages may wait")
        .define("websocket.connection.timeout.ms", Type.LONG, 30000L, Importance.LOW, "For the upgrade")
        .define(MAX_ATTEMPTS, Type.INT, -1, Importance.MEDIUM, "-1 is no limit")
        .define("websocket.reconnect.backoff.max.ms", Type.LONG, 60000L, Importance.MEDIUM, "The longest delay");

    private Map<String, String> settings;

    private static void checkUrl(String name, Object value) {
        if (value == null) {
            throw new ConfigException(name, null, "WebSocket URL cannot be null");
        }
        String text = ((String) value).trim();
        if (text.isEmpty()) {
            throw new ConfigException(name, value, "WebSocket URL cannot be empty");
        }
        URI uri;
        try {
            uri = new URI(text);
        } catch (URISyntaxException e) {
            throw new ConfigException(name, value, "Invalid WebSocket URL format: " + e.getMessage());
        }
        if (uri.getScheme() == null) {
            throw new ConfigException(name, value, "WebSocket URL must have a scheme (ws:// or wss://)");
        }
        if (!uri.getScheme().equalsIgnoreCase("ws") && !uri.getScheme().equalsIgnoreCase("wss")) {
            throw new ConfigException(name, value,
                "WebSocket URL must use ws:// or wss:// scheme, got: " + uri.getScheme());
        }
        if (uri.getHost() == null || uri.getHost().isEmpty()) {
            throw new ConfigException(name, value, "WebSocket URL must have a valid host");
        }
    }

    @Override
    public String version() {
        return VERSION;
    }

    @Override
    public void start(Map<String, String> settings) {
        this.settings = Map.copyOf(settings);
    }

    @Override
    public Class<? extends Task> taskClass() {
        return WebSocketSourceTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(settings);
    }

    @Override
    public void stop() {
    }

    @Override
    public ConfigDef config() {
        return CONFIG;
    }
}
