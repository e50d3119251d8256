package io.conduktor.connect.websocket;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.producer.ProducerConfig;

/**
 * What the worker has its tasks' producers do. Connect tells a plugin nothing of that, but the JVM knows its command, and
 * Connect's own programs have the worker's properties file as their first argument. Nothing else of the file is kept.
 */
final class WorkerProducer {
    /** The worker's setting for the largest record of all its producers. */
    static final String LIMIT = "producer.max.request.size";

    private static final Set<String> PROGRAMS = Set.of("org.apache.kafka.connect.cli.ConnectDistributed",
        "org.apache.kafka.connect.cli.ConnectStandalone");

    private static final String MAX_REQUEST_SIZE =
        maxRequestSize(System.getProperty("sun.java.command", ""), ManagementFactory.getRuntimeMXBean().getStartTime());

    private WorkerProducer() {
    }

    /** Bytes of the largest record, unless a connector has its producer take another; null if it is not known. */
    static String maxRequestSize() {
        return MAX_REQUEST_SIZE;
    }

    /** The same of a JVM with this command; a file that was changed after its start is not what the worker has read. */
    static String maxRequestSize(String command, long startedMs) {
        String[] words = command.split(" ");
        if (words.length < 2 || !PROGRAMS.contains(words[0])) {
            return null;
        }
        Properties worker = new Properties();
        try {
            Path file = Path.of(words[1]);
            // A pipe is empty now.
            if (!Files.isRegularFile(file) || changedMs(file) > startedMs) {
                return null;
            }
            try (InputStream in = Files.newInputStream(file)) {
                worker.load(in);
            }
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException error) {
            return null;
        }
        String own = worker.getProperty(LIMIT);
        if (own == null) {
            return String.valueOf(ProducerConfig.configDef().defaultValues().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG));
        }
        // A variable is the worker's to look up.
        return own.trim().matches("\\d+") ? own.trim() : null;
    }

    /** Also a file that was moved there and is older has been changed then. */
    private static long changedMs(Path file) throws IOException {
        return ((FileTime) Files.getAttribute(file, "unix:ctime")).toMillis();
    }
}
