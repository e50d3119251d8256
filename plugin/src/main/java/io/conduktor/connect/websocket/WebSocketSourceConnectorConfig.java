package io.conduktor.connect.websocket;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.types.Password;

/**
 * The connector's settings. Their names, types, defaults and rules are the native source's, so that this and the native
 * worker take the same configurations.
 */
public class WebSocketSourceConnectorConfig extends AbstractConfig {
    /** The endpoint: {@code ws://} or {@code wss://}. */
    public static final String WEBSOCKET_URL_CONFIG = "websocket.url";
    /** The topic that is written to. */
    public static final String KAFKA_TOPIC_CONFIG = "kafka.topic";
    /** JSON that is sent after every connect. */
    public static final String SUBSCRIPTION_MESSAGE_CONFIG = "websocket.subscription.message";
    /** Whether to connect again. */
    public static final String RECONNECT_ENABLED_CONFIG = "websocket.reconnect.enabled";
    /** The delay before the first new attempt. */
    public static final String RECONNECT_INTERVAL_MS_CONFIG = "websocket.reconnect.interval.ms";
    /** Headers of the upgrade request. */
    public static final String HEADERS_CONFIG = "websocket.headers";
    /** A bearer token. */
    public static final String AUTH_TOKEN_CONFIG = "websocket.auth.token";
    /** The most messages that wait for Connect. */
    public static final String MESSAGE_QUEUE_SIZE_CONFIG = "websocket.message.queue.size";
    /** The time for one attempt. */
    public static final String CONNECTION_TIMEOUT_MS_CONFIG = "websocket.connection.timeout.ms";
    /** Failed attempts in a row after which the task fails. */
    public static final String RECONNECT_MAX_ATTEMPTS_CONFIG = "websocket.reconnect.max.attempts";
    /** The longest delay before a new attempt. */
    public static final String RECONNECT_BACKOFF_MAX_MS_CONFIG = "websocket.reconnect.backoff.max.ms";

    /** The folder of the spool. */
    static final String SPOOL_DIR = "websocket.spool.dir";

    /** All settings. */
    public static final ConfigDef CONFIG_DEF = definitions();

    /** Positions in a definition and in an answer of the native source. */
    private static final int NAME = 0;
    private static final int TYPE = 1;
    private static final int DEFAULT = 2;
    private static final int IMPORTANCE = 3;
    private static final int DOCUMENTATION = 4;
    private static final int REQUIRED = 5;
    private static final int WORDS = 6;
    private static final int ERRORS = 2;

    /**
     * Reads a configuration.
     *
     * @throws ConfigException naming every setting that is not valid
     */
    public WebSocketSourceConnectorConfig(Map<?, ?> originals) {
        super(CONFIG_DEF, valid(originals));
    }

    private static ConfigDef definitions() {
        NativeSource.require();
        ConfigDef definitions = new ConfigDef();
        for (String[] setting : NativeSource.settings()) {
            ConfigDef.Type type = ConfigDef.Type.valueOf(setting[TYPE]);
            Object initial = setting[REQUIRED] != null ? ConfigDef.NO_DEFAULT_VALUE : setting[DEFAULT];
            List<Object> words = List.of((Object[]) Arrays.copyOfRange(setting, WORDS, setting.length));
            definitions.define(setting[NAME], type, initial, null,
                ConfigDef.Importance.valueOf(setting[IMPORTANCE]), setting[DOCUMENTATION], null, -1,
                ConfigDef.Width.NONE, setting[NAME], words.isEmpty() ? null : new Words(words));
        }
        return definitions;
    }

    /** The words that a value may be, for consoles. */
    private static final class Words implements ConfigDef.Recommender {
        private final List<Object> words;

        Words(List<Object> words) {
            this.words = words;
        }

        @Override
        public List<Object> validValues(String name, Map<String, Object> parsed) {
            return words;
        }

        @Override
        public boolean visible(String name, Map<String, Object> parsed) {
            return true;
        }
    }

    /** Keys and values by turns, as the native source takes a configuration; nulls are left out. */
    static String[] flat(Map<?, ?> config) {
        List<String> flat = new ArrayList<>(2 * config.size());
        config.forEach((key, value) -> {
            if (value != null) {
                flat.add(key.toString());
                flat.add(value instanceof Password ? ((Password) value).value() : value.toString());
            }
        });
        return flat.toArray(new String[0]);
    }

    /** What is to be said of each setting: its name, what to show in place of its value or null, its errors. */
    static String[][] validation(Map<?, ?> config) {
        return NativeSource.validate(flat(config));
    }

    /** What stands in place of a value that must not be shown, of the value's own type. */
    static Object shown(Object value, String text) {
        return value instanceof Password ? value : text;
    }

    /**
     * Does nothing if a configuration is valid.
     *
     * @throws ConfigException naming every setting that is not
     */
    static void requireValid(Map<?, ?> config) {
        List<String> errors = new ArrayList<>();
        for (String[] setting : validation(config)) {
            errors.addAll(Arrays.asList(setting).subList(ERRORS, setting.length));
        }
        if (!errors.isEmpty()) {
            throw new ConfigException(String.join("\n", errors));
        }
    }

    private static Map<?, ?> valid(Map<?, ?> config) {
        requireValid(config);
        return config;
    }

    /** {@code websocket.url}. */
    public String getWebSocketUrl() {
        return getString(WEBSOCKET_URL_CONFIG);
    }

    /** {@code kafka.topic}. */
    public String getKafkaTopic() {
        return getString(KAFKA_TOPIC_CONFIG);
    }

    /** {@code websocket.subscription.message}, or null. */
    public String getSubscriptionMessage() {
        return getString(SUBSCRIPTION_MESSAGE_CONFIG);
    }

    /** {@code websocket.reconnect.enabled}. */
    public boolean isReconnectEnabled() {
        return getBoolean(RECONNECT_ENABLED_CONFIG);
    }

    /** {@code websocket.reconnect.interval.ms}. */
    public long getReconnectIntervalMs() {
        return getLong(RECONNECT_INTERVAL_MS_CONFIG);
    }

    /** {@code websocket.headers}, or null. */
    public String getHeaders() {
        return getString(HEADERS_CONFIG);
    }

    /** {@code websocket.auth.token}, or null. */
    public String getAuthToken() {
        Password token = getPassword(AUTH_TOKEN_CONFIG);
        return token == null ? null : token.value();
    }

    /** {@code websocket.message.queue.size}. */
    public int getMessageQueueSize() {
        return getInt(MESSAGE_QUEUE_SIZE_CONFIG);
    }

    /** {@code websocket.connection.timeout.ms}. */
    public long getConnectionTimeoutMs() {
        return getLong(CONNECTION_TIMEOUT_MS_CONFIG);
    }

    /** {@code websocket.reconnect.max.attempts}; -1 is without end. */
    public int getMaxReconnectAttempts() {
        return getInt(RECONNECT_MAX_ATTEMPTS_CONFIG);
    }

    /** {@code websocket.reconnect.backoff.max.ms}. */
    public long getMaxBackoffMs() {
        return getLong(RECONNECT_BACKOFF_MAX_MS_CONFIG);
    }
}
