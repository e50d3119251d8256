package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkerSettingsTest {
    private static final String DISTRIBUTED = "org.apache.kafka.connect.cli.ConnectDistributed ";
    private static final String STANDALONE = "org.apache.kafka.connect.cli.ConnectStandalone ";
    private static final long HOUR_MS = 3_600_000;

    @TempDir
    private Path folder;

    private String file(String text) throws IOException {
        Path file = folder.resolve("worker.properties");
        Files.writeString(file, text);
        return file.toString();
    }

    /** Of a JVM that was started after all of this. */
    private static WorkerSettings read(String command) {
        return WorkerSettings.read(command, System.currentTimeMillis() + HOUR_MS);
    }

    private static String of(String command) {
        return read(command).maxRequestSize();
    }

    @Test
    void theWorkersOwnLimitIsReadFromItsFile() throws Exception {
        String file = file("max.request.size=5\nproducer.max.request.size = 20000 \nconsumer.max.request.size=7\n");
        assertEquals("20000", of(DISTRIBUTED + file));
        assertEquals("20000", of(STANDALONE + file + " connector.properties"));
    }

    @Test
    void withoutOneItIsKafkasDefault() throws Exception {
        assertEquals("1048576", of(DISTRIBUTED + file("bootstrap.servers=localhost:9092\n")));
    }

    @Test
    void settingsOfConvertersAreKeptAndOthersAreNot() throws Exception {
        String file = file("key.converter=K\nvalue.converter=V\nvalue.converter.a=1\nheader.converter=H\n"
            + "producer.sasl.jaas.config=secret\nkey.converters=x\n");
        assertEquals(Map.of("key.converter", "K", "value.converter", "V", "value.converter.a", "1", "header.converter",
            "H"), read(DISTRIBUTED + file).converters());
    }

    @Test
    void variablesAreLookedUpByTheWorkersProviders() throws Exception {
        Path values = folder.resolve("values");
        Files.writeString(values, "limit=20000\nconverter=V\n");
        String variable = "${f:" + values + ":";
        String file = file("config.providers=f\n"
            + "config.providers.f.class=org.apache.kafka.common.config.provider.FileConfigProvider\n"
            + "producer.max.request.size=" + variable + "limit}\nvalue.converter=" + variable + "converter}\n"
            + "bootstrap.servers=" + variable + "none}\n");
        WorkerSettings settings = read(DISTRIBUTED + file);
        assertEquals("20000", settings.maxRequestSize());
        assertEquals(Set.of("value.converter"), settings.converters().keySet());
        assertEquals("V", settings.converters().get("value.converter"));
    }

    @Test
    void whatIsNotCertainIsNotKnown() throws Exception {
        String variable = file("producer.max.request.size=${env:LIMIT}\n");
        assertNull(of(DISTRIBUTED + variable));
        String unknown = "config.providers=p\nconfig.providers.p.class=no.such.Provider\n";
        assertNull(of(DISTRIBUTED + file(unknown + "producer.max.request.size=${p:LIMIT}\n")));
        // What has none is known all the same.
        assertEquals("1048576", of(DISTRIBUTED + file(unknown + "value.converter.key=${p:KEY}\n")));
        String file = file("producer.max.request.size=20000\n");
        for (String command : List.of("", "org.apache.kafka.connect.cli.ConnectDistributed", "other.Main " + file,
            DISTRIBUTED + file + "x", DISTRIBUTED + folder, DISTRIBUTED + "\0")) {
            assertNull(of(command), command);
        }
        assertNull(of(DISTRIBUTED + file("\\u1")), "no properties file");
    }

    @Test
    void aFileThatIsNotTheOneOfTheStartIsNotBelieved() throws Exception {
        String file = file("producer.max.request.size=20000\n");
        // As an archive or a package has it.
        Files.setLastModifiedTime(Path.of(file), FileTime.fromMillis(0));
        long now = System.currentTimeMillis();
        assertNull(WorkerSettings.read(DISTRIBUTED + file, now - HOUR_MS).maxRequestSize());
        Path pipe = folder.resolve("pipe");
        assertEquals(0, new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor());
        assertNull(of(DISTRIBUTED + pipe));
    }

    @Test
    void aConnectorCannotSayIt() {
        // These tests are not run by Connect's own programs.
        assertNull(WorkerSettings.ofThisJvm().maxRequestSize());
        Map<String, String> config = Map.of("name", "c", WorkerSettings.LIMIT, "1");
        assertEquals(List.of("name", "c"), Arrays.asList(WebSocketSourceConnectorConfig.flat(config)));
    }
}
