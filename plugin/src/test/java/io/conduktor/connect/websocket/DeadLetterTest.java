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
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.SimpleHeaderConverter;
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
        try (Feed feed = new Feed()) {
            Map<String, String> config = new HashMap<>(Map.of("name", "c", "websocket.url", feed.url(),
                "kafka.topic", "t", "websocket.value.format", format, "websocket.oversize", "dlq"));
            config.put("errors.deadletterqueue.topic.name", "dead");
            config.put("producer.override.max.request.size", Integer.toString(LIMIT));
            task.start(config);
            feed.accept();
            for (String text : List.of("1", LARGE, "2")) {
                feed.send(text);
            }
            List<SourceRecord> records = new ArrayList<>();
            while (records.size() < 3) {
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
            assertTrue(value.length() > 20 && LARGE.startsWith(value), value);
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
}
