package io.conduktor.connect.websocket;

import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * The native source: {@code crates/plugin} has the other side and says what each method does. Every method throws
 * {@link ConnectException} for what goes wrong, unless it says otherwise. A task is a number, which stays valid
 * to ask for after it was stopped.
 */
final class NativeSource {
    /** Kinds of values in a batch: texts in Latin-1, texts in UTF-16, bytes, JSON in UTF-8 that is to be parsed. */
    static final int LATIN_1 = 0;
    static final int UTF_16 = 1;
    static final int BYTES = 2;
    static final int JSON = 3;

    /** Parts of a batch. */
    static final int VALUES = 0;
    static final int ENDS = 1;
    static final int RECEIVED_MS = 2;
    static final int KEYS = 3;
    static final int KEY_ENDS = 4;

    /** What {@link #poll} says of a batch. */
    static final int KIND = 0;
    static final int SKIPPED = 1;

    /** What {@link #sizeLimits} tells. */
    static final int LARGEST_RECORD = 0;
    static final int LETTER_ROOM = 1;

    /** Readings of {@link #statistics}. */
    static final int RECEIVED = 0;
    static final int DROPPED = 1;
    static final int PRODUCED = 2;
    static final int QUEUE = 3;
    static final int CAPACITY = 4;
    static final int RECONNECTS = 5;
    static final int CONNECTED_MS = 6;
    static final int LAST_MESSAGE_MS = 7;
    static final int READINGS = 8;

    /** Why there is no native library, or null. An initializer that throws would hide it behind the first call. */
    private static final ConnectException FAILURE = load();

    private NativeSource() {
    }

    private static ConnectException load() {
        try {
            NativeLibrary.load();
            return null;
        } catch (ConnectException failure) {
            return failure;
        }
    }

    /**
     * To be called before the first of the other methods.
     *
     * @throws ConnectException if there is no native library for this machine
     */
    static void require() {
        if (FAILURE != null) {
            throw new ConnectException(FAILURE.getMessage(), FAILURE);
        }
    }

    /** Name, type, default, importance, documentation, "required" or null, allowed words, of each setting. */
    static native String[][] settings();

    /** Name, what to show in place of the value or null, and errors, of each setting. */
    static native String[][] validate(String[] config);

    /** What the name of an MBean has of a URL: nothing secret. */
    static native String beanUrl(String url);

    /**
     * Starts a task; returns its number. Certificates are in DER; those of servers vouch for no others. The spool is its
     * number or 0, {@code stored} the sequence in the stored offset of the task's partition, {@code workerLimit} what is
     * known of the worker's producers.
     *
     * @throws ConfigException naming every setting that is not valid
     */
    static native long start(String[] config, String connector, int task, byte[][] issuers, byte[][] servers,
                             String[] proxy, long spool, long stored, long workerLimit);

    /**
     * Opens the spool that a configuration asks for: its number and its id, or null if it asks for none. Waits for the
     * task before, which may still have it.
     *
     * @throws ConfigException naming every setting that is not valid
     */
    static native String[] openSpool(String[] config, String connector);

    /** Lets go of a spool whose task was not started. */
    static native void closeSpool(long spool);

    /** What is wrong with a spool's folder that another connector has and keeps for some seconds, or null. */
    static native String sharedSpool(String[] config);

    /** A number by which others are told that a connector that starts has its spool's folder. */
    static native long claimSpool(String[] config);

    /** States that a connector with this number has stopped. */
    static native void releaseSpool(long claim);

    /** Whether what Connect writes in transactions is exactly what was received. */
    static native boolean isExactlyOnce(String[] config);

    /** The sequence that a task's offsets go on from. */
    static native long base(long task);

    /**
     * A batch, or null if nothing has come for {@code waitMs}; {@code about} gets the kind of the values and how many
     * offsets were skipped before them. So many records from the first on are done with, of which so many were filtered,
     * failed and were too large.
     */
    static native Object[] poll(long task, long waitMs, long records, long filtered, long failed, long tooLarge,
                                long[] about);

    /**
     * Bytes of the largest record that a task's producer takes, and of a message in a dead letter, or -1 if there are
     * none; null if messages are not judged by their size.
     */
    static native long[] sizeLimits(long task);

    /**
     * The headers of the dead letter of a message of so many bytes that would be a record of so many, names and texts by
     * turns; null if there are none.
     */
    static native String[] letterHeaders(long task, long messageBytes, long recordBytes);

    /** Tells of a message that is too large: a part of it is sent, or nothing. */
    static native void tooLarge(long task, long messageBytes, long recordBytes, boolean isCut);

    /** Readings, or null once the task was stopped. */
    static native long[] statistics(long task);

    /** Name, help, and label and its text or null, of each of a task's {@link #readings}; a name's are beside each other. */
    static native String[][] series();

    /** The values of a task's own series, or null once it was stopped. */
    static native double[] readings(long task);

    /** Stops a task, whose records are done with as for {@link #poll}; so many of them Connect has not confirmed. */
    static native void stop(long task, long records, long filtered, long failed, long tooLarge, long unconfirmed);

    /** Level, connector, task and text of each new log line. */
    static native String[] log(long waitMs);

    /** Has a waiting {@link #log} return. */
    static native void wakeLog();
}
