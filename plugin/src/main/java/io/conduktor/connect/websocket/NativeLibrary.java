package io.conduktor.connect.websocket;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.nio.file.StandardCopyOption;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * Finds the native library for this machine in the jar and loads it.
 *
 * <p>A JVM loads a file for one class loader only, and Connect has one for each plugin folder: so every load is of a
 * file of its own, which is removed as soon as it is mapped.
 */
final class NativeLibrary {
    /** A library's path, to be loaded in place of the jar's; for other platforms and for tests. */
    static final String PATH_PROPERTY = "io.conduktor.connect.websocket.library";

    private static final String NAME = "libwebsocket_source_jni.so";
    private static final String PLATFORMS = "Linux on x86_64 and aarch64, with glibc 2.17 or later or with musl";

    private NativeLibrary() {
    }

    static void load() {
        String path = System.getProperty(PATH_PROPERTY);
        if (path != null) {
            loadFile(Paths.get(path).toAbsolutePath());
            return;
        }
        String platform = platform(System.getProperty("os.name"), System.getProperty("os.arch"), hasMusl());
        String resource = "natives/" + platform + "/" + NAME;
        try (InputStream library = NativeLibrary.class.getResourceAsStream(resource)) {
            if (library == null) {
                throw new ConnectException("The connector's jar has no native library for this platform, " + platform
                    + "; there are some for " + PLATFORMS + " in the jar that is built for all of them");
            }
            Path file = Files.createTempFile("libwebsocket_source_jni-", ".so");
            try {
                Files.copy(library, file, StandardCopyOption.REPLACE_EXISTING);
                loadFile(file);
            } finally {
                Files.deleteIfExists(file);
            }
        } catch (IOException error) {
            throw new ConnectException("The connector's native library cannot be unpacked into java.io.tmpdir="
                + System.getProperty("java.io.tmpdir") + ": " + error, error);
        }
    }

    private static void loadFile(Path file) {
        try {
            System.load(file.toString());
        } catch (UnsatisfiedLinkError error) {
            throw new ConnectException("The connector's native library cannot be loaded: " + error.getMessage()
                + ". If its folder does not allow execution (noexec), set -Djava.io.tmpdir to one that does; it needs "
                + PLATFORMS, error);
        }
    }

    /** The folder of a platform's library. */
    static String platform(String system, String processor, boolean musl) {
        String arch = processor.toLowerCase(Locale.ROOT);
        if (arch.equals("amd64")) {
            arch = "x86_64";
        } else if (arch.equals("arm64")) {
            arch = "aarch64";
        }
        boolean known = system.equals("Linux") && (arch.equals("x86_64") || arch.equals("aarch64"));
        if (!known) {
            throw new ConnectException("This connector does not run on " + system + " " + processor + ": it needs "
                + PLATFORMS + ". The native worker (connect-websocket) can be built for other systems");
        }
        return "linux-" + arch + (musl ? "-musl" : "-gnu");
    }

    /** Whether this JVM itself runs on musl. */
    private static boolean hasMusl() {
        // Paths may be of any bytes.
        try (Stream<String> mappings = Files.lines(Paths.get("/proc/self/maps"), StandardCharsets.ISO_8859_1)) {
            return mappings.anyMatch(line -> line.contains("/ld-musl-"));
        } catch (IOException error) {
            return false;
        }
    }
}
