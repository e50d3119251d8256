package io.conduktor.connect.websocket;

import java.lang.reflect.Field;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the worker has its tasks' producers and converters do. Connect's interfaces tell a task nothing of that, but what
 * they give it leads there: the configurations of all connectors come with what looks their variables up, and that has
 * the worker. Those fields are Connect's private matter: where one is not as in 3.9 and 4.1, nothing is known. Of the
 * settings, which have secrets, only these are kept.
 */
final class WorkerSettings {
    private static final Logger LOG = LoggerFactory.getLogger(WorkerSettings.class);
    /** Its limit is not known. */
    static final long UNKNOWN = -1;

    /** From a task's context to the worker's settings: each is a field of the one before. */
    private static final String[] WAY = {"configState", "configTransformer", "worker", "config"};
    private static final String LIMIT = "producer.max.request.size";
    private static final Pattern CONVERTERS = Pattern.compile("(?:key|value|header)\\.converter(?:\\..*)?");

    private final long maxRequestSize;
    private final Map<String, String> converters;

    private WorkerSettings(long maxRequestSize, Map<String, String> converters) {
        this.maxRequestSize = maxRequestSize;
        this.converters = converters;
    }

    /** Of the worker that runs the task with this context, which may be null. */
    static WorkerSettings of(SourceTaskContext context) {
        Object found = context;
        try {
            for (String name : WAY) {
                found = field(found, name);
            }
        } catch (ReflectiveOperationException | RuntimeException | LinkageError error) {
            found = null;
        }
        if (!(found instanceof AbstractConfig)) {
            LOG.warn("The worker's settings are not where Kafka Connect 3.9 and 4.1 have them, so websocket.oversize goes by "
                + "those of the connector alone");
            return new WorkerSettings(UNKNOWN, Map.of());
        }
        // With what variables stand for, as the worker has looked them up.
        Map<String, Object> settings = ((AbstractConfig) found).originals();
        return new WorkerSettings(limit(settings), converters(settings));
    }

    private static Object field(Object owner, String name) throws ReflectiveOperationException {
        if (owner != null) {
            for (Class<?> type = owner.getClass(); type != null; type = type.getSuperclass()) {
                for (Field field : type.getDeclaredFields()) {
                    if (field.getName().equals(name)) {
                        field.setAccessible(true);
                        return field.get(owner);
                    }
                }
            }
        }
        throw new NoSuchFieldException(name);
    }

    /** What is no number, the producer refuses. */
    private static long limit(Map<String, Object> settings) {
        Object kafkas = ProducerConfig.configDef().defaultValues().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG);
        String text = String.valueOf(settings.getOrDefault(LIMIT, kafkas)).trim();
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : UNKNOWN;
    }

    private static Map<String, String> converters(Map<String, Object> settings) {
        Map<String, String> converters = new HashMap<>();
        settings.forEach((name, value) -> {
            if (value != null && CONVERTERS.matcher(name).matches()) {
                converters.put(name, value.toString());
            }
        });
        return converters;
    }

    /** Bytes of the largest record, unless a connector has its producer take another; or {@link #UNKNOWN}. */
    long maxRequestSize() {
        return maxRequestSize;
    }

    /** The settings of converters by their names; empty if they are not known. */
    Map<String, String> converters() {
        return converters;
    }
}
