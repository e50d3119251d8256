package io.conduktor.connect.websocket;

/** The native method that only the tests' library has: it panics. */
final class NativePanic {
    /** Payloads of a panic. */
    static final int TEXT = 0;
    static final int MADE_TEXT = 1;
    static final int NO_TEXT = 2;

    private NativePanic() {
    }

    /** Panics, in the midst of a poll of a task if there is one of this number. */
    static native void panic(long task, int payload);
}
