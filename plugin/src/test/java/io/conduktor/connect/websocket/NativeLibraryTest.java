package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.kafka.connect.errors.ConnectException;
import org.junit.jupiter.api.Test;

class NativeLibraryTest {
    @Test
    void aPlatformIsKnownByTheNamesThatJvmsGiveIt() {
        assertEquals("linux-x86_64-gnu", NativeLibrary.platform("Linux", "amd64", false));
        assertEquals("linux-x86_64-musl", NativeLibrary.platform("Linux", "x86_64", true));
        assertEquals("linux-aarch64-gnu", NativeLibrary.platform("Linux", "aarch64", false));
        assertEquals("linux-aarch64-musl", NativeLibrary.platform("Linux", "arm64", true));
    }

    @Test
    void anotherPlatformIsRefusedByItsName() {
        for (String[] other : new String[][] {{"Windows 11", "amd64"}, {"Mac OS X", "aarch64"}, {"Linux", "s390x"}}) {
            String text = assertThrows(ConnectException.class,
                () -> NativeLibrary.platform(other[0], other[1], false)).getMessage();
            assertTrue(text.contains(other[0] + " " + other[1]) && text.contains("Linux on x86_64"), text);
        }
    }
}
