package io.conduktor.connect.websocket;

import java.util.Map;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages parsed into values with fields, by Kafka's own converter ({@code websocket.value.format=json}). Connect
 * judges by {@code errors.tolerance} what its transforms and converters refuse; what no value can be made of, this does.
 */
final class JsonValues {
    private static final Logger LOG = LoggerFactory.getLogger(JsonValues.class);

    private final JsonConverter converter = new JsonConverter();
    private final boolean tolerant;
    private final boolean logs;

    JsonValues(Map<String, String> props) {
        converter.configure(Map.of("schemas.enable", "false"), false);
        tolerant = "all".equals(props.getOrDefault("errors.tolerance", "").trim());
        logs = Boolean.parseBoolean(props.getOrDefault("errors.log.enable", "").trim());
    }

    /** The value of a message, in {@code into[0]}; false if it has none. */
    boolean read(String topic, byte[] message, Object[] into) {
        try {
            into[0] = converter.toConnectData(topic, message).value();
            return true;
        } catch (DataException error) {
            // Its cause shows the message, which may be secret.
            return false;
        }
    }

    /**
     * The value of a message, in {@code into[0]}; false if it has none and that is tolerated.
     *
     * @throws DataException if it has none and that is not
     */
    boolean parse(String topic, byte[] message, Object[] into) {
        if (read(topic, message, into)) {
            return true;
        }
        String text = "A message of " + message.length + " bytes is not JSON (websocket.value.format=json)";
        if (!tolerant) {
            throw new DataException(text + "; errors.tolerance=all leaves such messages out");
        }
        if (logs) {
            LOG.error("{}: it is left out", text);
        }
        return false;
    }
}
