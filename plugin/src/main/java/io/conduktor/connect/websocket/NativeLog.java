package io.conduktor.connect.websocket;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Brings the native source's log lines into the worker's log, by a thread that is there as long as any task is. */
final class NativeLog {
    private static final Logger LOG = LoggerFactory.getLogger(WebSocketSourceTask.class);
    /** Connect's own key, which its log patterns show. */
    private static final String CONTEXT = "connector.context";
    private static final long WAIT_MS = 10_000;
    private static final long JOIN_MS = 2_000;
    private static final int FIELDS = 4;

    private static int tasks;
    private static NativeLog running;

    private final Thread thread = new Thread(this::run, "websocket-log");
    private volatile boolean ending;

    private NativeLog() {
        thread.setDaemon(true);
    }

    /** A task begins. */
    static synchronized void acquire() {
        if (running == null) {
            NativeLog log = new NativeLog();
            log.thread.start();
            running = log;
        }
        tasks++;
    }

    /** A task has ended; after the last, everything it has said is logged. */
    static synchronized void release() {
        tasks--;
        if (tasks > 0) {
            return;
        }
        NativeLog last = running;
        running = null;
        last.ending = true;
        NativeSource.wakeLog();
        try {
            last.thread.join(JOIN_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        while (!ending) {
            log(NativeSource.log(WAIT_MS));
        }
        log(NativeSource.log(0));
    }

    private static void log(String[] lines) {
        for (int i = 0; i < lines.length; i += FIELDS) {
            try {
                log(lines[i], lines[i + 1], lines[i + 2], lines[i + 3]);
            } catch (RuntimeException appender) {
                // A log that cannot be written must not end what the next lines need.
            }
        }
    }

    private static void log(String level, String connector, String task, String text) {
        if (!connector.isEmpty()) {
            MDC.put(CONTEXT, "[" + connector + "|task-" + task + "] ");
        }
        switch (level) {
            case "ERROR":
                LOG.error("{}", text);
                break;
            case "WARN":
                LOG.warn("{}", text);
                break;
            default:
                LOG.info("{}", text);
        }
        MDC.remove(CONTEXT);
    }
}
