package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.connect.errors.DataException;
import org.junit.jupiter.api.Test;

class JsonValuesTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void aMessageIsParsedIntoFieldsWithoutASchema() {
        Object[] value = new Object[1];
        assertTrue(new JsonValues(Map.of()).parse("t", bytes("{\"a\":1,\"b\":[\"x\",null]}"), value));
        assertEquals(Map.of("a", 1L).get("a"), ((Map<?, ?>) value[0]).get("a"));
    }

    @Test
    void whatIsNoJsonFailsOrIsLeftOutAndIsNotShown() {
        DataException failure = assertThrows(DataException.class,
            () -> new JsonValues(Map.of()).parse("t", bytes("s3cret"), new Object[1]));
        assertTrue(failure.getMessage().contains("errors.tolerance"), failure.getMessage());
        assertFalse(failure.toString().contains("s3cret"));
        assertNull(failure.getCause());
        assertFalse(new JsonValues(Map.of("errors.tolerance", " all ")).parse("t", bytes("s3cret"), new Object[1]));
    }
}
