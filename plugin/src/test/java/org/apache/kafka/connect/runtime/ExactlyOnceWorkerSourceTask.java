package org.apache.kafka.connect.runtime;

import org.apache.kafka.connect.source.SourceTask;

/** What a task's caller is called in Connect, whose own class is not in the way of this module's tests. */
public final class ExactlyOnceWorkerSourceTask {
    private ExactlyOnceWorkerSourceTask() {
    }

    /** Calls as Connect does when nothing was to be committed. */
    public static void commitTransaction(SourceTask task) throws InterruptedException {
        task.commit();
    }
}
