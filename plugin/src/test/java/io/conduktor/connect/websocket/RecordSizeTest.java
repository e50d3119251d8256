package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.AbstractRecords;
import org.apache.kafka.common.record.CompressionType;
import org.apache.kafka.common.record.RecordBatch;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.StringConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.junit.jupiter.api.Test;

class RecordSizeTest {
    private static final Map<String, String> NONE = Map.of();
    private static final Map<String, String> STRINGS = Map.of("key.converter", StringConverter.class.getName(),
        "value.converter", StringConverter.class.getName());

    private static SourceRecord record(Object key, Schema schema, Object value) {
        return new SourceRecord(Map.of(), Map.of(), "t", null, null, key, schema, value, 0L);
    }

    private static SourceRecord text(String value) {
        return record(null, Schema.STRING_SCHEMA, value);
    }

    private static byte[] utf8(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static long of(Map<String, String> props, Map<String, String> worker, SourceRecord record) throws Exception {
        try (RecordSize size = new RecordSize(props, worker)) {
            return size.of(record);
        }
    }

    private static int byKafka(byte[] key, byte[] value, RecordHeaders headers) {
        return AbstractRecords.estimateSizeInBytesUpperBound(RecordBatch.MAGIC_VALUE_V2, CompressionType.NONE, key, value,
            headers.toArray());
    }

    @Test
    void aRecordIsAsLargeAsKafkasProducerCountsIt() throws Exception {
        for (int length : new int[] {0, 1, 63, 64, 8191, 8192, 1 << 20, (1 << 20) + 1}) {
            String value = "x".repeat(length);
            for (String key : new String[] {null, "", "\u20ac".repeat(100)}) {
                SourceRecord record = record(key, Schema.STRING_SCHEMA, value);
                assertEquals(byKafka(utf8(key), utf8(value), new RecordHeaders()), of(STRINGS, NONE, record));
                record.headers().addString("\u20ac", "v".repeat(length % 1000)).add("n", null, null);
                RecordHeaders headers = new RecordHeaders();
                headers.add("\u20ac", utf8("v".repeat(length % 1000))).add("n", null);
                assertEquals(byKafka(utf8(key), utf8(value), headers), of(STRINGS, NONE, record));
            }
        }
    }

    @Test
    void theConnectorsConvertersCountAndElseTheWorkers() throws Exception {
        String json = "[\"\u20ac\"]";
        Map<String, String> worker = new HashMap<>(STRINGS);
        worker.put("value.converter", JsonConverter.class.getName());
        worker.put("value.converter.schemas.enable", "false");
        long plain = of(STRINGS, NONE, text(json));
        assertEquals(plain, of(NONE, NONE, text(json)), "as it is");
        assertEquals(plain, of(STRINGS, worker, text(json)));
        // Quotes around it, and two of its own escaped.
        assertEquals(plain + 4, of(NONE, worker, text(json)));
        // Connect takes a converter's settings from where its class is.
        assertEquals(plain + 4, of(Map.of("value.converter.schemas.enable", "true"), worker, text(json)));
        Map<String, String> own = Map.of("value.converter", JsonConverter.class.getName());
        String envelope = "{\"schema\":{\"type\":\"string\",\"optional\":false},\"payload\":}";
        // Its length takes a second byte.
        assertEquals(plain + 4 + envelope.length() + 1, of(own, worker, text(json)));
    }

    @Test
    void withoutAConverterAValueIsWrittenAsItIs() throws Exception {
        SourceRecord bytes = record(new byte[3], Schema.BYTES_SCHEMA, new byte[200]);
        assertEquals(byKafka(new byte[3], new byte[200], new RecordHeaders()), of(NONE, NONE, bytes));
        SourceRecord fields = record(null, null, Map.of("a", List.of(1L, "b")));
        assertEquals(byKafka(null, utf8("{\"a\":[1,\"b\"]}"), new RecordHeaders()), of(NONE, NONE, fields));
        assertEquals(byKafka(null, null, new RecordHeaders()), of(NONE, NONE, record(null, null, null)));
    }

    private static Map<String, String> with(String... pairs) {
        Map<String, String> props = new HashMap<>(STRINGS);
        for (int i = 0; i < pairs.length; i += 2) {
            props.put(pairs[i], pairs[i + 1]);
        }
        return props;
    }

    @Test
    void transformsAreAppliedInTheirOrderWhereTheirPredicatesSay() throws Exception {
        String repeat = Repeat.class.getName();
        Map<String, String> props = with("transforms", " a , b,", "transforms.a.type", repeat, "transforms.a.times", "2",
            "transforms.b.type", repeat, "transforms.b.times", "5", "transforms.b.predicate", "p",
            "transforms.b.negate", "true", "predicates", "p", "predicates.p.type", IsLong.class.getName(),
            "predicates.p.from", "10");
        assertEquals(of(STRINGS, NONE, text("x".repeat(40))), of(props, NONE, text("xxxx")));
        assertEquals(of(STRINGS, NONE, text("x".repeat(12))), of(props, NONE, text("xxxxxx")));
        props.put("transforms.b.negate", "false");
        assertEquals(of(STRINGS, NONE, text("x".repeat(60))), of(props, NONE, text("xxxxxx")));
    }

    @Test
    void whatIsDroppedOrFailsHasNoSize() throws Exception {
        Map<String, String> props = with("transforms", "a", "transforms.a.type", Repeat.class.getName());
        props.put("transforms.a.times", "0");
        assertEquals(RecordSize.NOTHING, of(props, NONE, text("x")));
        props.put("transforms.a.times", "-1");
        assertUnknown(props, text("x"));
        props.put("transforms.a.times", "-2");
        assertUnknown(props, text("x"));
        // The producer's converter fails at this too.
        Map<String, String> json = with("value.converter", JsonConverter.class.getName());
        assertUnknown(json, record(null, Schema.INT32_SCHEMA, "x"));
    }

    private static void assertUnknown(Map<String, String> props, SourceRecord record) {
        Exception error = assertThrows(RecordSize.UnknownException.class, () -> of(props, NONE, record));
        assertFalse(error.getMessage().contains("s3cret"), error.getMessage());
    }

    @Test
    void whatCannotBeMadeIsToldAndTheRestIsClosed() {
        int before = Repeat.closed;
        Map<String, String> props = with("transforms", "a,b", "transforms.a.type", Repeat.class.getName(),
            "transforms.a.times", "2", "transforms.b.type", "no.such.Transform");
        Exception error = assertThrows(RecordSize.UnknownException.class, () -> new RecordSize(props, NONE));
        assertEquals("transforms.b.type (java.lang.ClassNotFoundException)", error.getMessage());
        assertEquals(before + 1, Repeat.closed);
    }

    @Test
    void whatAConverterThatCannotBeMadeWritesIsTakenAsItIs() throws Exception {
        Map<String, String> props = Map.of("value.converter", "no.such.Converter", "header.converter", "nor.this");
        SourceRecord record = text("x");
        record.headers().addString("h", "v");
        assertEquals(of(STRINGS, NONE, record), of(props, NONE, record));
    }

    @Test
    void headersAreWrittenByTheConnectorsConverterAndElseByTheWorkers() throws Exception {
        SourceRecord record = text("x");
        record.headers().addString("h", "v");
        long plain = of(STRINGS, NONE, record);
        Map<String, String> json = Map.of("header.converter", JsonConverter.class.getName(),
            "header.converter.schemas.enable", "false");
        // Quotes around it.
        assertEquals(plain + 2, of(NONE, json, record));
        assertEquals(plain + 2, of(json, NONE, record));
    }

    /** As Connect's loader of a connector: it knows other plugins, and them by short names too. */
    private static final class Connects extends ClassLoader {
        private final IsolatedLoader other = new IsolatedLoader();

        Connects() {
            super(RecordSizeTest.class.getClassLoader());
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            switch (name) {
                case "Json":
                    return JsonConverter.class;
                case "OtherConverter":
                    return other.loadClass(OtherConverter.class.getName());
                case "OtherTransform":
                    return other.loadClass(OtherTransform.class.getName());
                default:
                    return super.loadClass(name, resolve);
            }
        }
    }

    @Test
    void otherPluginsAreFoundAndCalledAsConnectDoes() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        ClassLoader connects = new Connects();
        thread.setContextClassLoader(connects);
        try {
            Map<String, String> props = Map.of("key.converter", "Json", "key.converter.schemas.enable", "false",
                "value.converter", "OtherConverter", "transforms", "a", "transforms.a.type", "OtherTransform",
                "transforms.a.times", "3");
            assertEquals(of(STRINGS, NONE, text("xxx")), of(props, NONE, text("x")));
            assertEquals(connects, thread.getContextClassLoader());
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    private static void assertOwnLoader(Object plugin) {
        if (Thread.currentThread().getContextClassLoader() != plugin.getClass().getClassLoader()) {
            throw new IllegalStateException("another plugin's loader");
        }
    }

    /** A plugin of its own. */
    public static class OtherConverter extends StringConverter {
        /** For the test. */
        public OtherConverter() {
            assertOwnLoader(this);
        }

        @Override
        public void configure(Map<String, ?> configs, boolean isKey) {
            assertOwnLoader(this);
            super.configure(configs, isKey);
        }

        @Override
        public byte[] fromConnectData(String topic, Schema schema, Object value) {
            assertOwnLoader(this);
            return super.fromConnectData(topic, schema, value);
        }
    }

    /** A plugin of its own. */
    public static class OtherTransform extends Repeat {
        /** For the test. */
        public OtherTransform() {
            assertOwnLoader(this);
        }

        @Override
        public SourceRecord apply(SourceRecord record) {
            assertOwnLoader(this);
            return super.apply(record);
        }
    }

    /** As other languages of the JVM throw it. */
    @SuppressWarnings("unchecked")
    private static <E extends Exception> E undeclared(Exception error) throws E {
        throw (E) error;
    }

    /** Repeats a text; drops it at none, and fails below. */
    public static class Repeat implements Transformation<SourceRecord> {
        private static int closed;

        private int times;

        /** For the test. */
        public Repeat() {
        }

        @Override
        public void configure(Map<String, ?> configs) {
            times = Integer.parseInt((String) configs.get("times"));
        }

        @Override
        public SourceRecord apply(SourceRecord record) {
            if (times == -1) {
                throw new DataException("s3cret");
            } else if (times < 0) {
                throw RecordSizeTest.<RuntimeException>undeclared(new IOException("s3cret"));
            }
            return times == 0 ? null : record.newRecord(record.topic(), null, null, record.key(), record.valueSchema(),
                ((String) record.value()).repeat(times), record.timestamp());
        }

        @Override
        public ConfigDef config() {
            return new ConfigDef();
        }

        @Override
        public void close() {
            closed++;
        }
    }

    /** Whether a text is long. */
    public static class IsLong implements Predicate<SourceRecord> {
        private int from;

        /** For the test. */
        public IsLong() {
        }

        @Override
        public void configure(Map<String, ?> configs) {
            from = Integer.parseInt((String) configs.get("from"));
        }

        @Override
        public boolean test(SourceRecord record) {
            return ((String) record.value()).length() >= from;
        }

        @Override
        public ConfigDef config() {
            return new ConfigDef();
        }

        @Override
        public void close() {
        }
    }
}
