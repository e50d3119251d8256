package io.conduktor.connect.websocket;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;

/**
 * What the worker has its tasks' producers and converters do. Connect tells a plugin nothing of that, but the JVM knows
 * its command, and Connect's own programs have the worker's properties file as their first argument. Of the file only
 * these settings are kept, and the providers of their variables.
 */
final class WorkerSettings {
    /** The worker's setting for the largest record of all its producers. */
    static final String LIMIT = "producer.max.request.size";

    private static final Set<String> PROGRAMS = Set.of("org.apache.kafka.connect.cli.ConnectDistributed",
        "org.apache.kafka.connect.cli.ConnectStandalone");
    private static final Pattern CONVERTERS = Pattern.compile("(?:key|value|header)\\.converter(?:\\..*)?");
    /** What variables need. */
    private static final Pattern PROVIDERS = Pattern.compile("config\\.providers(?:\\..*)?");
    private static final String VARIABLE = "${";

    /** Connect makes a connector when it looks for plugins, so this is read when the worker starts. */
    private static final WorkerSettings OF_THIS_JVM =
        read(System.getProperty("sun.java.command", ""), ManagementFactory.getRuntimeMXBean().getStartTime());

    /** Null if they are not known. */
    private final Map<String, String> written;
    /** With what their variables stand for; null as long as nobody has asked. */
    private Map<String, String> resolved;

    private WorkerSettings(Map<String, String> written) {
        this.written = written;
    }

    /** Those of the worker in this JVM. */
    static WorkerSettings ofThisJvm() {
        return OF_THIS_JVM;
    }

    /** Those of a JVM with this command; a file that was changed after its start is not what the worker has read. */
    static WorkerSettings read(String command, long startedMs) {
        String[] words = command.split(" ");
        if (words.length < 2 || !PROGRAMS.contains(words[0])) {
            return new WorkerSettings(null);
        }
        Properties worker = new Properties();
        try {
            Path file = Path.of(words[1]);
            // A pipe is empty now.
            if (!Files.isRegularFile(file) || changedMs(file) > startedMs) {
                return new WorkerSettings(null);
            }
            try (InputStream in = Files.newInputStream(file)) {
                worker.load(in);
            }
        } catch (IOException | IllegalArgumentException | UnsupportedOperationException error) {
            return new WorkerSettings(null);
        }
        Map<String, String> kept = new HashMap<>();
        for (String name : worker.stringPropertyNames()) {
            if (LIMIT.equals(name) || CONVERTERS.matcher(name).matches() || PROVIDERS.matcher(name).matches()) {
                kept.put(name, worker.getProperty(name));
            }
        }
        return new WorkerSettings(kept);
    }

    /** Also a file that was moved there and is older has been changed then. */
    private static long changedMs(Path file) throws IOException {
        return ((FileTime) Files.getAttribute(file, "unix:ctime")).toMillis();
    }

    /** With what variables stand for; null if that is not known. Who asks next tries again. */
    private synchronized Map<String, String> resolved() {
        if (resolved == null && written != null) {
            resolved = resolve(written);
        }
        return resolved;
    }

    /** The settings of converters by their names; empty if they are not known. */
    Map<String, String> converters() {
        Map<String, String> converters = new HashMap<>();
        Map<String, String> known = resolved();
        if (known != null) {
            known.forEach((name, value) -> {
                if (CONVERTERS.matcher(name).matches()) {
                    converters.put(name, value);
                }
            });
        }
        return converters;
    }

    /** Variables are looked up as the worker does that; null if one cannot be. */
    private static Map<String, String> resolve(Map<String, String> written) {
        if (written.values().stream().noneMatch(value -> value.contains(VARIABLE))) {
            return written;
        }
        Map<String, String> resolved = new HashMap<>();
        try {
            new AbstractConfig(new ConfigDef(), written, false).originals()
                .forEach((name, value) -> resolved.put(name, String.valueOf(value)));
        } catch (RuntimeException error) {
            // Its text may show a secret.
            return null;
        }
        return resolved;
    }

    /** Bytes of the largest record, unless a connector has its producer take another; null if it is not known. */
    String maxRequestSize() {
        if (written == null) {
            return null;
        }
        String own = written.get(LIMIT);
        if (own != null && own.contains(VARIABLE)) {
            Map<String, String> known = resolved();
            own = known == null ? VARIABLE : known.get(LIMIT);
        }
        if (own == null) {
            return String.valueOf(ProducerConfig.configDef().defaultValues().get(ProducerConfig.MAX_REQUEST_SIZE_CONFIG));
        }
        return own.trim().matches("\\d+") ? own.trim() : null;
    }
}
