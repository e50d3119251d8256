package io.conduktor.connect.websocket;

/**
 * Whether Connect writes a task's records in transactions. No setting of a connector says so: a standalone worker takes
 * {@code exactly.once.support=required} and has none, a distributed one may have them for all. So the caller of
 * {@code SourceTask.commit} is looked at, each time that it would make a difference. Where Connect has no method of this
 * name, dropped records are not acknowledged before others are written; none is lost.
 */
final class Transaction {
    private static final String TASK = "org.apache.kafka.connect.runtime.ExactlyOnceWorkerSourceTask";
    private static final String COMMIT = "commitTransaction";

    private Transaction() {
    }

    /** Whether the calling thread is at the end of a transaction's commit. */
    static boolean isCommitted() {
        return StackWalker.getInstance().walk(frames ->
            frames.anyMatch(frame -> frame.getClassName().equals(TASK) && frame.getMethodName().equals(COMMIT)));
    }
}
