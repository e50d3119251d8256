package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.runtime.ExactlyOnceWorkerSourceTask;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of records that Connect never confirms: a spool gives them to the next task, or does not. */
@Timeout(60)
class DroppedRecordsTest {
    private final WebSocketSourceTask task = new WebSocketSourceTask();
    private final List<SourceRecord> given = new ArrayList<>();

    @TempDir
    Path folder;

    @AfterEach
    void stop() {
        task.stop();
    }

    private void start(Feed feed) {
        task.start(Map.of("name", "c", "websocket.url", feed.url(), "kafka.topic", "t", "websocket.spool.mode", "durable",
            "websocket.buffer.overflow", "block", "websocket.spool.dir", folder.resolve("spool").toString()));
    }

    private List<Object> next(int count) throws InterruptedException {
        List<Object> values = new ArrayList<>();
        while (values.size() < count) {
            List<SourceRecord> polled = task.poll();
            for (SourceRecord record : polled == null ? List.<SourceRecord>of() : polled) {
                given.add(record);
                values.add(record.value());
            }
        }
        return values;
    }

    private interface Commit {
        void of(WebSocketSourceTask task) throws InterruptedException;
    }

    /** What the next task gives, and "end", when this was called for one that has polled "a" and then "b". */
    private List<Object> again(Commit commit) throws Exception {
        try (Feed feed = new Feed()) {
            start(feed);
            feed.accept();
            feed.send("a");
            assertEquals(List.of("a"), next(1));
            feed.send("b");
            assertEquals(List.of("b"), next(1));
            commit.of(task);
            task.stop();
        }
        try (Feed feed = new Feed()) {
            start(feed);
            feed.accept();
            feed.send("end");
            List<Object> values = next(1);
            while (!values.contains("end")) {
                values.addAll(next(1));
            }
            return values;
        }
    }

    @Test
    void aTransactionsCommitAcknowledgesWhatWasDispatchedBeforeTheLastPoll() throws Exception {
        assertEquals(List.of("b", "end"), again(ExactlyOnceWorkerSourceTask::commitTransaction));
    }

    @Test
    void aCommitOfOffsetsAloneAcknowledgesNothing() throws Exception {
        assertEquals(List.of("a", "b", "end"), again(SourceTask::commit));
    }

    @Test
    void whatIsDroppedAndConfirmedIsNotGivenAgain() throws Exception {
        assertEquals(List.of("end"), again(dropping -> given.forEach(record -> dropping.commitRecord(record, null))));
    }
}
