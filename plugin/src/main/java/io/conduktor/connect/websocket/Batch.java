package io.conduktor.connect.websocket;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A batch of the native source, record by record. */
final class Batch {
    private final int kind;
    private final Object values;
    private final int[] ends;
    private final long[] receivedMs;
    private final byte[] keys;
    private final int[] keyEnds;

    Batch(Object[] parts, int kind) {
        this.kind = kind;
        this.values = parts[NativeSource.VALUES];
        this.ends = (int[]) parts[NativeSource.ENDS];
        this.receivedMs = (long[]) parts[NativeSource.RECEIVED_MS];
        this.keys = (byte[]) parts[NativeSource.KEYS];
        this.keyEnds = (int[]) parts[NativeSource.KEY_ENDS];
    }

    int size() {
        return ends.length;
    }

    /** Whether the values are texts; those that are to be parsed are none. */
    boolean isText() {
        return kind == NativeSource.LATIN_1 || kind == NativeSource.UTF_16;
    }

    /** Whether the values are JSON in UTF-8 that is to be parsed. */
    boolean isJson() {
        return kind == NativeSource.JSON;
    }

    private int start(int record) {
        return record == 0 ? 0 : ends[record - 1];
    }

    /** Characters of a text, or bytes. */
    int length(int record) {
        return ends[record] - start(record);
    }

    /** A {@code String} or a {@code byte[]}. */
    Object value(int record) {
        int start = start(record);
        int length = length(record);
        switch (kind) {
            case NativeSource.LATIN_1:
                return new String((byte[]) values, start, length, StandardCharsets.ISO_8859_1);
            case NativeSource.UTF_16:
                return new String((char[]) values, start, length);
            default:
                return Arrays.copyOfRange((byte[]) values, start, ends[record]);
        }
    }

    /** The message as it came. */
    byte[] message(int record) {
        Object value = value(record);
        return value instanceof String ? ((String) value).getBytes(StandardCharsets.UTF_8) : (byte[]) value;
    }

    /** A key, or null. */
    byte[] key(int record) {
        if (keys == null) {
            return null;
        }
        return Arrays.copyOfRange(keys, record == 0 ? 0 : keyEnds[record - 1], keyEnds[record]);
    }

    /** When the record was received, milliseconds since the epoch. */
    long receivedMs(int record) {
        return receivedMs[record];
    }
}
