package io.conduktor.connect.websocket;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.apache.kafka.connect.source.SourceRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Messages whose records the task's producer would refuse for their size ({@code websocket.oversize}). Such a record
 * would fail the task, so it is judged by what the producer would get of it. The polling thread's.
 */
final class Oversize implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Oversize.class);

    /** What transforms and converters make of a unit at the most; JSON has six bytes for a control character. */
    private static final int GROWTH = 8;
    /** And of an empty message: a schema, headers. */
    private static final int LEAST_BYTES = 1024;
    /** Of a dead letter's part, if it was too large, this is tried next at the most. */
    private static final double SHRINK = 0.9;
    /** A shorter part is none. */
    private static final int LEAST_PART_BYTES = 16;

    private final long source;
    private final long limit;
    /** Bytes of a message in a dead letter at the most; negative if there are none. */
    private final long room;
    private final RecordSize size;
    private boolean hasToldUnknown;

    private Oversize(long source, long limit, long room, RecordSize size) {
        this.source = source;
        this.limit = limit;
        this.room = room;
        this.size = size;
    }

    /** Of a task and the settings of its worker's converters; null if it leaves all to its producer, or cannot know. */
    static Oversize of(long source, Map<String, String> props, Map<String, String> worker) {
        long[] limits = NativeSource.sizeLimits(source);
        if (limits == null) {
            return null;
        }
        try {
            RecordSize size = new RecordSize(props, worker);
            return new Oversize(source, limits[NativeSource.LARGEST_RECORD], limits[NativeSource.LETTER_ROOM], size);
        } catch (RecordSize.UnknownException error) {
            LOG.warn("websocket.oversize has no effect, since the size of records cannot be known: a second transform "
                + "cannot be made by {}", error.getMessage());
            return null;
        }
    }

    /** Whether a message of so many characters or bytes may be too large; only those cost anything. */
    boolean mayBe(int length) {
        return (long) length * GROWTH + LEAST_BYTES > limit;
    }

    /** Whether sizing a record may change it, so that Connect is to have another. */
    boolean mayChange() {
        return size.mayChange();
    }

    /** Bytes of a record that is too large; otherwise 0. */
    long excessive(SourceRecord record) {
        try {
            return excessive(size.of(record));
        } catch (RecordSize.UnknownException error) {
            // Connect meets it as well, and judges it by errors.tolerance.
            if (!hasToldUnknown) {
                hasToldUnknown = true;
                LOG.warn("The size of a record is not known (websocket.oversize), since a transform or a converter fails at "
                    + "it; it is left to Kafka Connect: {}", error.getMessage());
            }
            return 0;
        }
    }

    /** These bytes, if they are too many; otherwise 0. */
    long excessive(long bytes) {
        return bytes > limit ? bytes : 0;
    }

    /**
     * The dead letter of a message that would be a record of so many bytes; null if there are none, or none can be sent.
     * Tells of the message.
     *
     * @param make makes a record of a part, a {@code String} or a {@code byte[]}, and headers, names and texts by turns
     */
    SourceRecord letter(byte[] message, boolean isText, long recordBytes,
                        BiFunction<Object, String[], SourceRecord> make) {
        String[] headers = NativeSource.letterHeaders(source, message.length, recordBytes);
        SourceRecord letter = headers == null ? null : largest(message, isText, part -> make.apply(part, headers));
        NativeSource.tooLarge(source, message.length, recordBytes, letter != null);
        return letter;
    }

    /** With a part that nearly fills the limit; null if none fits, or transforms fail at one or drop it. */
    private SourceRecord largest(byte[] message, boolean isText, Function<Object, SourceRecord> make) {
        long bytes = Math.min(message.length, room);
        try {
            while (true) {
                Object part = part(message, (int) bytes, isText);
                long letter = size.of(make.apply(part));
                if (letter <= limit) {
                    return letter == RecordSize.NOTHING ? null : make.apply(part);
                }
                if (bytes == 0) {
                    return null;
                }
                bytes = (long) (bytes * SHRINK * limit / letter);
                bytes = bytes < LEAST_PART_BYTES ? 0 : bytes;
            }
        } catch (RecordSize.UnknownException error) {
            return null;
        }
    }

    /** The first bytes of a message; characters of a text are whole. */
    static Object part(byte[] message, int bytes, boolean isText) {
        if (!isText) {
            return Arrays.copyOf(message, bytes);
        }
        int end = bytes;
        while (end > 0 && end < message.length && (message[end] & 0xc0) == 0x80) {
            end--;
        }
        return new String(message, 0, end, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        size.close();
    }
}
