package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Runs in a JVM of its own, with a library that has {@link NativePanic} beside all the rest. */
@Timeout(60)
class PanicTest {
    private static final String FAULT = "A fault in the connector's native library: ";
    private static final int ROUNDS = 20;

    private static String panic(long task, int payload) {
        ConnectException thrown = assertThrows(ConnectException.class, () -> NativePanic.panic(task, payload));
        assertEquals(ConnectException.class, thrown.getClass());
        return thrown.getMessage();
    }

    private static String next(WebSocketSourceTask task) throws InterruptedException {
        List<SourceRecord> records = task.poll();
        while (records == null) {
            records = task.poll();
        }
        assertEquals(1, records.size());
        return (String) records.get(0).value();
    }

    private static WebSocketSourceTask start(Feed feed, String name) throws Exception {
        WebSocketSourceTask task = new WebSocketSourceTask();
        task.start(Map.of("name", name, "websocket.url", feed.url(), "kafka.topic", "t"));
        feed.accept();
        return task;
    }

    @Test
    void aPanicIsAConnectExceptionWithItsText() {
        NativeSource.require();
        assertEquals(FAULT + "a fault for the test", panic(0, NativePanic.TEXT));
        assertEquals(FAULT + "a fault with the payload 1", panic(0, NativePanic.MADE_TEXT));
        assertEquals(FAULT + "no text", panic(0, NativePanic.NO_TEXT));
    }

    @Test
    void tasksThatRunGoOnAfterPanicsAndOthersStart() throws Exception {
        try (Feed feed = new Feed()) {
            WebSocketSourceTask task = start(feed, "before");
            feed.send("before");
            assertEquals("before", next(task));
            ExecutorService others = Executors.newFixedThreadPool(4);
            Callable<String> panic = () -> panic(0, NativePanic.TEXT);
            List<Future<String>> panics = others.invokeAll(Collections.nCopies(ROUNDS, panic));
            for (Future<String> done : panics) {
                assertEquals(FAULT + "a fault for the test", done.get());
            }
            others.shutdown();
            feed.send("after");
            assertEquals("after", next(task));
            try (Feed another = new Feed()) {
                WebSocketSourceTask later = start(another, "later");
                another.send("later");
                assertEquals("later", next(later));
                later.stop();
            }
            task.stop();
        }
    }

    @Test
    void aTaskInWhosePollAPanicHappenedGivesWhatItHas() throws Exception {
        try (Feed feed = new Feed()) {
            long task = NativeSource.start(new String[] {"websocket.url", feed.url(), "kafka.topic", "t"}, "polled", 0,
                new byte[0][], new byte[0][], new String[0], 0, 0, WorkerSettings.UNKNOWN);
            feed.accept();
            feed.send("kept");
            while (NativeSource.statistics(task)[NativeSource.RECEIVED] == 0) {
                Thread.onSpinWait();
            }
            // It holds the message by then, and the task's lock.
            panic(task, NativePanic.MADE_TEXT);
            long[] about = new long[2];
            Object[] parts = NativeSource.poll(task, 0, 0, 0, 0, 0, about);
            assertNotNull(parts);
            assertEquals("kept", new Batch(parts, (int) about[NativeSource.KIND]).value(0));
            NativeSource.stop(task, 1, 0, 0, 0, 1);
            assertNull(NativeSource.statistics(task));
        }
    }
}
