package io.conduktor.connect.websocket;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.ConverterConfig;
import org.apache.kafka.connect.storage.ConverterType;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How large a record is when Connect gives it to the task's producer: behind the connector's transforms and converters,
 * of which this has instances of its own, made by the settings by which Connect makes its. Connect shows a task neither
 * those records nor its producer, and a record that is too large fails the task.
 *
 * <p>What Connect does is in its {@code ConnectorConfig.transformationStages}, {@code TransformationStage.apply},
 * {@code Plugins.newConverter}, {@code Plugins.newHeaderConverter} and
 * {@code AbstractWorkerSourceTask.convertTransformedRecord}.
 */
final class RecordSize implements AutoCloseable {
    /** Connect drops the record. */
    static final long NOTHING = 0;

    private static final Logger LOG = LoggerFactory.getLogger(RecordSize.class);

    private static final String TRANSFORMS = "transforms";
    private static final String PREDICATE = "predicate";
    private static final String NEGATE = "negate";
    private static final String TYPE = "type";

    /** What a producer counts for a batch and a record beside what is variable ({@code DefaultRecordBatch}). */
    private static final int RECORD_BYTES = 61 + 21;

    private final List<Plugged<?>> all = new ArrayList<>();
    private final List<Stage> stages = new ArrayList<>();
    /** Null if it is not known, like the next two. */
    private final Plugged<Converter> keys;
    private final Plugged<Converter> values;
    private final Plugged<HeaderConverter> headers;
    /** In place of those. */
    private final JsonConverter json = new JsonConverter();
    private final SimpleHeaderConverter simple = new SimpleHeaderConverter();

    /** That the size of a record is not known. Its text has names only, since a cause's may show a secret. */
    static final class UnknownException extends Exception {
        private static final long serialVersionUID = 1;

        private UnknownException(String what) {
            super(what);
        }
    }

    /** A transform, and when it is applied. */
    private static final class Stage {
        private final Plugged<Transformation<SourceRecord>> transform;
        /** Null if it always is. */
        private final Plugged<Predicate<SourceRecord>> predicate;
        private final boolean isNegated;

        private Stage(Plugged<Transformation<SourceRecord>> transform, Plugged<Predicate<SourceRecord>> predicate,
                      boolean isNegated) {
            this.transform = transform;
            this.predicate = predicate;
            this.isNegated = isNegated;
        }

        private SourceRecord apply(SourceRecord record) {
            boolean applies = predicate == null || isNegated != predicate.call(test -> test.test(record));
            return applies ? transform.call(change -> change.apply(record)) : record;
        }
    }

    /**
     * Of a connector's records.
     *
     * @param props the task's configuration
     * @param worker the worker's settings for converters; empty if they are not known, and then a value is written as
     *     it is, one with fields as JSON without a schema
     * @throws UnknownException if a transform cannot be made
     */
    RecordSize(Map<String, String> props, Map<String, String> worker) throws UnknownException {
        json.configure(Map.of("schemas.enable", "false"), false);
        boolean isMade = false;
        try {
            for (String alias : props.getOrDefault(TRANSFORMS, "").split(",")) {
                if (!alias.isBlank()) {
                    stages.add(stage(props, alias.trim()));
                }
            }
            isMade = true;
        } finally {
            if (!isMade) {
                close();
            }
        }
        keys = converter("key.converter", true, props, worker);
        values = converter("value.converter", false, props, worker);
        headers = headerConverter(props, worker);
    }

    private <T> Plugged<T> make(Class<T> type, String setting, String name, Consumer<T> configure)
            throws UnknownException {
        try {
            Plugged<T> made = Plugged.make(type, name, configure);
            all.add(made);
            return made;
        } catch (Exception | LinkageError | ServiceConfigurationError error) {
            throw new UnknownException(setting + " (" + error.getClass().getName() + ")");
        }
    }

    private static Map<String, String> prefixed(Map<String, String> settings, String prefix) {
        Map<String, String> found = new HashMap<>();
        settings.forEach((name, value) -> {
            if (name.startsWith(prefix) && name.length() > prefix.length()) {
                found.put(name.substring(prefix.length()), value);
            }
        });
        return found;
    }

    @SuppressWarnings("unchecked")
    private Stage stage(Map<String, String> props, String alias) throws UnknownException {
        String prefix = TRANSFORMS + "." + alias + ".";
        Map<String, String> own = prefixed(props, prefix);
        String predicate = own.remove(PREDICATE);
        boolean isNegated = Boolean.parseBoolean(own.remove(NEGATE));
        return new Stage(
            make((Class<Transformation<SourceRecord>>) (Class<?>) Transformation.class, prefix + TYPE,
                own.getOrDefault(TYPE, ""), transform -> transform.configure(own)),
            predicate == null ? null : predicate(props, "predicates." + predicate + "."), isNegated);
    }

    @SuppressWarnings("unchecked")
    private Plugged<Predicate<SourceRecord>> predicate(Map<String, String> props, String prefix)
            throws UnknownException {
        Map<String, String> own = prefixed(props, prefix);
        return make((Class<Predicate<SourceRecord>>) (Class<?>) Predicate.class, prefix + TYPE,
            own.getOrDefault(TYPE, ""), predicate -> predicate.configure(own));
    }

    /** Null if it is not known; then values are taken as they are. */
    private <T> Plugged<T> converter(Class<T> type, String name, Map<String, String> props, Map<String, String> worker,
                                     BiConsumer<T, Map<String, String>> configure) {
        Map<String, String> owner = props.containsKey(name) ? props : worker;
        if (!owner.containsKey(name)) {
            return null;
        }
        Map<String, String> own = prefixed(owner, name + ".");
        try {
            return make(type, name, owner.get(name), converter -> configure.accept(converter, own));
        } catch (UnknownException error) {
            LOG.warn("For the size of records (websocket.oversize), what a converter writes is taken to be as it came: a "
                + "second one cannot be made by {}", error.getMessage());
            return null;
        }
    }

    private Plugged<Converter> converter(String name, boolean isKey, Map<String, String> props,
                                         Map<String, String> worker) {
        return converter(Converter.class, name, props, worker, (converter, own) -> converter.configure(own, isKey));
    }

    private Plugged<HeaderConverter> headerConverter(Map<String, String> props, Map<String, String> worker) {
        return converter(HeaderConverter.class, "header.converter", props, worker, (converter, own) -> {
            own.put(ConverterConfig.TYPE_CONFIG, ConverterType.HEADER.getName());
            converter.configure(own);
        });
    }

    /** Whether a transform may change the record that it is given. */
    boolean mayChange() {
        return !stages.isEmpty();
    }

    /**
     * Bytes of the record as the producer counts them, or {@link #NOTHING}.
     *
     * @throws UnknownException if a transform or a converter fails at it, as it does for Connect
     */
    long of(SourceRecord record) throws UnknownException {
        try {
            SourceRecord changed = record;
            for (Stage stage : stages) {
                changed = stage.apply(changed);
                if (changed == null) {
                    return NOTHING;
                }
            }
            return written(changed);
        } catch (Exception | LinkageError error) {
            throw new UnknownException(error.getClass().getName());
        }
    }

    private long written(SourceRecord record) {
        String topic = record.topic();
        Headers written = new RecordHeaders();
        for (org.apache.kafka.connect.header.Header header : record.headers()) {
            written.add(header.key(), headers == null ? converted(simple, topic, header)
                : headers.call(converter -> converted(converter, topic, header)));
        }
        byte[] key = converted(keys, topic, written, record.keySchema(), record.key());
        byte[] value = converted(values, topic, written, record.valueSchema(), record.value());
        long bytes = RECORD_BYTES + counted(key) + counted(value);
        Header[] all = written.toArray();
        bytes += varint(all.length);
        for (Header header : all) {
            bytes += counted(header.key().getBytes(StandardCharsets.UTF_8)) + counted(header.value());
        }
        return bytes;
    }

    private static byte[] converted(HeaderConverter converter, String topic,
                                    org.apache.kafka.connect.header.Header header) {
        return converter.fromConnectHeader(topic, header.key(), header.schema(), header.value());
    }

    private byte[] converted(Plugged<Converter> converter, String topic, Headers headers, Schema schema, Object value) {
        if (converter != null) {
            return converter.call(found -> found.fromConnectData(topic, headers, schema, value));
        }
        if (value instanceof byte[]) {
            return (byte[]) value;
        }
        return value instanceof String ? ((String) value).getBytes(StandardCharsets.UTF_8)
            : json.fromConnectData(topic, schema, value);
    }

    /** With its length; what is missing has one as well. */
    private static long counted(byte[] bytes) {
        return bytes == null ? 1 : varint(bytes.length) + (long) bytes.length;
    }

    /** Bytes of a length in Kafka's zigzag encoding. */
    private static int varint(int length) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(length) + 1;
        return (bits + 6) / 7;
    }

    @Override
    public void close() {
        all.forEach(Plugged::close);
        all.clear();
    }
}
