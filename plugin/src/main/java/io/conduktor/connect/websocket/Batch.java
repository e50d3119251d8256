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
    /** The records that are dead letters, in order; null if none is. */
    private final int[] letters;
    private final String[][] letterHeaders;

    Batch(Object[] parts, int kind) {
        this.kind = kind;
        this.values = parts[NativeSource.VALUES];
        this.ends = (int[]) parts[NativeSource.ENDS];
        this.receivedMs = (long[]) parts[NativeSource.RECEIVED_MS];
        this.keys = (byte[]) parts[NativeSource.KEYS];
        this.keyEnds = (int[]) parts[NativeSource.KEY_ENDS];
        this.letters = (int[]) parts[NativeSource.LETTERS];
        this.letterHeaders = (String[][]) parts[NativeSource.LETTER_HEADERS];
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

    /** A {@code String} or a {@code byte[]}. */
    Object value(int record) {
        int start = record == 0 ? 0 : ends[record - 1];
        int length = ends[record] - start;
        switch (kind) {
            case NativeSource.LATIN_1:
                return new String((byte[]) values, start, length, StandardCharsets.ISO_8859_1);
            case NativeSource.UTF_16:
                return new String((char[]) values, start, length);
            default:
                return Arrays.copyOfRange((byte[]) values, start, ends[record]);
        }
    }

    /** The headers of a dead letter, names and texts by turns; null if the record is none. */
    String[] letterHeaders(int record) {
        if (letters == null) {
            return null;
        }
        int letter = Arrays.binarySearch(letters, record);
        return letter < 0 ? null : letterHeaders[letter];
    }

    /** The value of a dead letter: what was to be parsed is a text, since a part of it is no JSON. */
    Object letterValue(int record) {
        Object value = value(record);
        return isJson() ? new String((byte[]) value, StandardCharsets.UTF_8) : value;
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
