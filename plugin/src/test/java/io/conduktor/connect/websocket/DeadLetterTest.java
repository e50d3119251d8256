package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeadLetterTest {
    private static final int LIMIT = 2000;
    private static final String LARGE = "{\"a\":\"" + "\u20ac".repeat(LIMIT) + "\"}";

    private final WebSocketSourceTask task = new WebSocketSourceTask();

    @AfterEach
    void stop() {
        task.stop();
    }

    /** The records of a small message, a large one, and a small one. */
    private List<SourceRecord> records(String format) throws Exception {
        return records(LARGE, Map.of("websocket.value.format", format), 3);
    }

    private List<SourceRecord> records(String large, Map<String, String> settings, int count) throws Exception {
        try (Feed feed = new Feed()) {
            Map<String, String> config = new HashMap<>(Map.of("name", "c", "websocket.url", feed.url(),
                "kafka.topic", "t", "websocket.oversize", "dlq"));
            config.put("errors.deadletterqueue.topic.name", "dead");
            config.put("producer.override.max.request.size", Integer.toString(LIMIT));
            config.putAll(settings);
            task.start(config);
            feed.accept();
            for (String text : List.of("1", large, "2")) {
                feed.send(text);
            }
            List<SourceRecord> records = new ArrayList<>();
            while (records.size() < count) {
                List<SourceRecord> polled = task.poll();
                records.addAll(polled == null ? List.of() : polled);
            }
            return records;
        }
    }

    private static void assertLetter(List<SourceRecord> records) {
        assertEquals(List.of("t", "dead", "t"), Arrays.asList(records.stream().map(SourceRecord::topic).toArray()));
        for (int i = 0; i < records.size(); i++) {
            assertEquals(i + 1L, records.get(i).sourceOffset().get("sequence"));
            assertEquals(i == 1 ? 8 : 0, records.get(i).headers().size());
        }
        SourceRecord letter = records.get(1);
        SimpleHeaderConverter converter = new SimpleHeaderConverter();
        Map<String, String> written = new HashMap<>();
        for (Header header : letter.headers()) {
            byte[] bytes = converter.fromConnectHeader("dead", header.key(), header.schema(), header.value());
            written.put(header.key(), new String(bytes, StandardCharsets.UTF_8));
        }
        assertEquals("t", written.get("__connect.errors.topic"));
        assertEquals("0", written.get("__connect.errors.task.id"));
        assertEquals("KAFKA_PRODUCE", written.get("__connect.errors.stage"));
        assertEquals(Integer.toString(LARGE.getBytes(StandardCharsets.UTF_8).length),
            written.get("websocket.oversize.bytes"));
        String message = written.get("__connect.errors.exception.message");
        assertTrue(message.startsWith("A message of ") && message.contains("max.request.size"), message);
    }

    @Test
    void aTextIsCutIntoATextWhateverItWasToBe() throws Exception {
        for (String format : List.of("string", "json")) {
            List<SourceRecord> records = records(format);
            assertLetter(records);
            SourceRecord letter = records.get(1);
            assertEquals(Schema.STRING_SCHEMA, letter.valueSchema());
            String value = (String) letter.value();
            assertTrue(LARGE.startsWith(value), value);
            // Three bytes a character, and what the headers leave.
            assertTrue(3 * value.length() > LIMIT / 3, value);
            assertEquals(format.equals("json") ? 2L : "2", records.get(2).value());
            task.stop();
        }
    }

    @Test
    void bytesAreCutIntoBytes() throws Exception {
        List<SourceRecord> records = records("bytes");
        assertLetter(records);
        SourceRecord letter = records.get(1);
        assertEquals(Schema.BYTES_SCHEMA, letter.valueSchema());
        byte[] value = (byte[]) letter.value();
        byte[] large = LARGE.getBytes(StandardCharsets.UTF_8);
        assertTrue(value.length > 20 && value.length < large.length);
        assertArrayEquals(Arrays.copyOf(large, value.length), value);
    }

    private static Map<String, String> transform(Class<?> type) {
        return Map.of("transforms", "a", "transforms.a.type", type.getName());
    }

    @Test
    void aLetterIsAsLargeAsWhatItsConverterMakesOfItMayBe() throws Exception {
        Map<String, String> config = Map.of("value.converter", JsonConverter.class.getName());
        try (RecordSize size = new RecordSize(config, Map.of())) {
            for (String character : List.of("x", "\"", "\u0001", "\u00e4", "\u20ac", "\ud83e\udd80")) {
                SourceRecord letter = records(character.repeat(LIMIT), config, 3).get(1);
                assertEquals("dead", letter.topic());
                long bytes = size.of(letter);
                assertTrue(bytes <= LIMIT && bytes > 0.8 * LIMIT, character + ": " + bytes);
                assertTrue(((String) letter.value()).startsWith(character), character);
                assertEquals(0, ((String) letter.value()).length() % character.length());
                task.stop();
            }
        }
    }

    @Test
    void aMessageThatIsFarSmallerThanTheLimitIsSizedIfItMayBecomeLarger() throws Exception {
        Map<String, String> config = Map.of("value.converter", JsonConverter.class.getName());
        List<SourceRecord> records = records("\u0001".repeat(LIMIT / 5), config, 3);
        assertEquals(List.of("t", "dead", "t"), Arrays.asList(records.stream().map(SourceRecord::topic).toArray()));
    }

    @Test
    void whatTransformsFailAtDropOrMakeTooLargeAgainIsLeftOut() throws Exception {
        for (Class<?> type : List.of(FailsAtLetters.class, DropsLetters.class, Inflates.class)) {
            List<SourceRecord> records = records(LARGE, transform(type), 2);
            assertEquals(List.of("1", "2"), Arrays.asList(records.stream().map(SourceRecord::value).toArray()));
            assertEquals(List.of(1L, 3L),
                Arrays.asList(records.stream().map(record -> record.sourceOffset().get("sequence")).toArray()));
            task.stop();
        }
    }

    @Test
    void whatATransformMakesSmallIsDeliveredAndGivenToItUntouched() throws Exception {
        Map<String, String> config = new HashMap<>(transform(Shrinks.class));
        config.put("websocket.value.format", "json");
        List<SourceRecord> records = records("{\"a\":\"" + "x".repeat(2 * LIMIT) + "\"}", config, 3);
        assertEquals("t", records.get(1).topic());
        assertEquals(Set.of("a"), ((Map<?, ?>) records.get(1).value()).keySet());
    }

    /** Fails at what has headers. */
    public static class FailsAtLetters implements Transformation<SourceRecord> {
        /** For the test. */
        public FailsAtLetters() {
        }

        @Override
        public SourceRecord apply(SourceRecord record) {
            if (!record.headers().isEmpty()) {
                throw new DataException("a letter");
            }
            return record;
        }

        @Override
        public ConfigDef config() {
            return new ConfigDef();
        }

        @Override
        public void configure(Map<String, ?> configs) {
        }

        @Override
        public void close() {
        }
    }

    /** Drops what has headers. */
    public static class DropsLetters extends FailsAtLetters {
        /** For the test. */
        public DropsLetters() {
        }

        @Override
        public SourceRecord apply(SourceRecord record) {
            return record.headers().isEmpty() ? record : null;
        }
    }

    /** Has a letter be too large however short it is. */
    public static class Inflates extends FailsAtLetters {
        /** For the test. */
        public Inflates() {
        }

        @Override
        public SourceRecord apply(SourceRecord record) {
            record.headers().addString("more", "x".repeat(record.headers().isEmpty() ? 0 : LIMIT));
            return record;
        }
    }

    /** Empties the value that it is given. */
    public static class Shrinks extends FailsAtLetters {
        /** For the test. */
        public Shrinks() {
        }

        @Override
        public SourceRecord apply(SourceRecord record) {
            if (record.value() instanceof Map) {
                ((Map<?, ?>) record.value()).clear();
            }
            return record;
        }
    }
}
