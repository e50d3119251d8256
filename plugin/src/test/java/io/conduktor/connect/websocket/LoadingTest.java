package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.connect.connector.Connector;
import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;

class LoadingTest {
    private static Connector connector() throws ReflectiveOperationException {
        Class<?> loaded = new IsolatedLoader().loadClass(WebSocketSourceConnector.class.getName());
        assertNotSame(WebSocketSourceConnector.class, loaded);
        return (Connector) loaded.getConstructor().newInstance();
    }

    private static long unpacked() throws Exception {
        Path folder = Paths.get(System.getProperty("java.io.tmpdir"));
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().contains("websocket_source_jni")).count();
        }
    }

    @Test
    void everyClassLoaderHasALibraryOfItsOwnAndNoFileIsLeft() throws Exception {
        long before = unpacked();
        ConfigDef first = connector().config();
        ConfigDef second = connector().config();
        assertNotSame(first, second);
        assertEquals(first.names(), second.names());
        assertEquals(before, unpacked());
    }

    @Test
    void whatGoesWrongInTheLibraryIsAConnectException() {
        assertThrows(ConnectException.class, () -> NativeSource.validate(new String[] {null, "x"}));
        assertThrows(ConfigException.class,
            () -> NativeSource.start(new String[0], "c", 0, new byte[0][], new byte[0][], new String[0], 0, 0,
                WorkerSettings.UNKNOWN));
        assertNull(NativeSource.statistics(-1));
        NativeSource.stop(-1, 0, 0, 0, 0, 0);
        NativeSource.closeSpool(-1);
        assertEquals(0, NativeSource.base(-1));
    }

    @Test
    void aLibraryThatCannotBeLoadedIsSaidSoAtEveryCall() throws Exception {
        Path file = Files.createTempFile("no-library", ".so");
        System.setProperty(NativeLibrary.PATH_PROPERTY, file.toString());
        try {
            Connector connector = connector();
            for (int call = 0; call < 2; call++) {
                String text = assertThrows(ConnectException.class, connector::config).getMessage();
                assertTrue(text.contains(file.toString()) && text.contains("noexec"), text);
            }
            assertThrows(ConnectException.class, () -> connector.validate(Map.of()));
            assertThrows(ConnectException.class, () -> connector.start(Map.of()));
            assertEquals("1.0.0", connector.version());
            Object task = connector.taskClass().getConstructor().newInstance();
            InvocationTargetException thrown = assertThrows(InvocationTargetException.class,
                () -> task.getClass().getMethod("start", Map.class).invoke(task, Map.of()));
            assertTrue(thrown.getCause() instanceof ConnectException, thrown.getCause().toString());
        } finally {
            System.clearProperty(NativeLibrary.PATH_PROPERTY);
            Files.delete(file);
        }
    }
}
