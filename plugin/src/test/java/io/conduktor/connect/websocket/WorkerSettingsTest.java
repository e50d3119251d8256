package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.config.AbstractConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Connect's own classes are met in the tests with real workers. */
class WorkerSettingsTest {
    private static final String LIMIT = "producer.max.request.size";

    /** A task's context with the fields of Connect's. */
    private static class Context implements SourceTaskContext {
        private final Object configState;

        Context(Object configState) {
            this.configState = configState;
        }

        @Override
        public Map<String, String> configs() {
            return Map.of();
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return null;
        }
    }

    /** The fields may be those of a class above. */
    private static final class Wrapped extends Context {
        Wrapped(Object configState) {
            super(configState);
        }
    }

    private static final class State {
        private final Transformer configTransformer;

        State(Transformer configTransformer) {
            this.configTransformer = configTransformer;
        }
    }

    private static final class Transformer {
        private final Worker worker;

        Transformer(Worker worker) {
            this.worker = worker;
        }
    }

    private static final class Worker {
        private final Object config;

        Worker(Object config) {
            this.config = config;
        }
    }

    private static Object way(Object config) {
        return new State(new Transformer(new Worker(config)));
    }

    private static WorkerSettings of(Map<String, String> worker) {
        return WorkerSettings.of(new Wrapped(way(new AbstractConfig(new ConfigDef(), worker, false))));
    }

    @Test
    void theLimitIsThatOfTheWorkersProducers() {
        assertEquals(20_000,
            of(Map.of("max.request.size", "5", LIMIT, " 20000 ", "consumer.max.request.size", "7")).maxRequestSize());
    }

    @Test
    void withoutOneItIsKafkasDefault() {
        assertEquals(1_048_576, of(Map.of("bootstrap.servers", "localhost:9092")).maxRequestSize());
    }

    @Test
    void settingsOfConvertersAreKeptAndOthersAreNot() {
        Map<String, String> converters = Map.of("key.converter", "K", "value.converter", "V", "value.converter.a", "1",
            "header.converter", "H");
        Map<String, String> worker = new HashMap<>(converters);
        worker.putAll(Map.of("producer.sasl.jaas.config", "secret", "key.converters", "x"));
        assertEquals(converters, of(worker).converters());
    }

    @Test
    void variablesAreWhatTheWorkersProvidersHaveForThem(@TempDir Path folder) throws Exception {
        Path values = folder.resolve("values");
        Files.writeString(values, "limit=20000\nconverter=V\n");
        String variable = "${f:" + values + ":";
        WorkerSettings settings = of(Map.of("config.providers", "f",
            "config.providers.f.class", "org.apache.kafka.common.config.provider.FileConfigProvider",
            LIMIT, variable + "limit}", "value.converter", variable + "converter}"));
        assertEquals(20_000, settings.maxRequestSize());
        assertEquals(Map.of("value.converter", "V"), settings.converters());
    }

    @Test
    void whereTheWayIsAnotherNothingIsKnown() {
        Object other = new Object();
        for (Object context : new Object[] {null, new Context(null), new Context(other), new Context(new State(null)),
            new Context(way(null)), new Context(way(other))}) {
            WorkerSettings settings = WorkerSettings.of((SourceTaskContext) context);
            assertEquals(WorkerSettings.UNKNOWN, settings.maxRequestSize());
            assertEquals(Map.of(), settings.converters());
        }
        for (String limit : new String[] {"", "much", "-1", "1".repeat(30)}) {
            assertEquals(WorkerSettings.UNKNOWN, of(Map.of(LIMIT, limit)).maxRequestSize());
        }
    }

    /** Whether a task with this limit of its worker's tells that it has none. */
    private static boolean isWarned(long limit) {
        String name = "limited-by-" + limit;
        long task = NativeSource.start(new String[] {"websocket.url", "ws://127.0.0.1:9/", "kafka.topic", "t"}, name, 0,
            new byte[0][], new byte[0][], new String[0], 0, 0, limit);
        List<String> lines = Arrays.asList(NativeSource.log(0));
        NativeSource.stop(task, 0, 0, 0, 0, 0);
        return IntStream.range(1, lines.size()).anyMatch(i -> lines.get(i).equals(name) && lines.get(i - 1).equals("WARN")
            && lines.get(i + 2).startsWith("websocket.oversize has no effect without producer.override.max.request.size"));
    }

    @Test
    void aTaskWithoutALimitSaysSo() {
        assertTrue(isWarned(WorkerSettings.UNKNOWN));
        assertFalse(isWarned(20_000));
    }

    @Test
    void deadLettersNeedALimitWhereNothingTellsIt() {
        WebSocketSourceTask task = new WebSocketSourceTask();
        Map<String, String> config = Map.of("name", "c", "websocket.url", "ws://127.0.0.1:9/", "kafka.topic", "t",
            "websocket.oversize", "dlq", "errors.deadletterqueue.topic.name", "dead", LIMIT, "20000");
        String text = assertThrows(ConfigException.class, () -> task.start(config)).getMessage();
        assertTrue(text.contains("it needs producer.override.max.request.size"), text);
    }
}
