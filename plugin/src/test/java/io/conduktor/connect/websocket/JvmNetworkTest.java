package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JvmNetworkTest {
    private final Properties before = (Properties) System.getProperties().clone();

    @AfterEach
    void restore() {
        System.setProperties(before);
    }

    private static void set(Map<String, String> properties) {
        properties.forEach(System::setProperty);
    }

    @Test
    void aSelectorIsAskedByTheHostAlone() {
        for (String[] row : new String[][] {
            {"wss://h/p?q#f", "https://h/"},
            {"WS://h:8080", "http://h:8080/"},
            {"wss://u:p@h:9443/a|b{c}^", "https://h:9443/"},
            {"wss://u@x:p@h", "https://h/"},
            {"ws://my_feed:8080/x@y", "http://my_feed:8080/"},
            {"ws://[::1]:8080/", "http://[::1]:8080/"},
            {"wss://b\u00fccher.example/", "https://b\u00fccher.example/"},
        }) {
            assertEquals(row[1], JvmNetwork.target(row[0]).toString());
        }
    }

    @Test
    void theProxyIsTheOneOfTheScheme() {
        set(Map.of("https.proxyHost", "secure", "https.proxyPort", "1", "http.proxyHost", "plain",
            "http.proxyPort", "2", "http.nonProxyHosts", "direct|*.direct"));
        assertArrayEquals(new String[] {"HTTP", "secure", "1"}, JvmNetwork.proxy("wss://h/p|q"));
        assertArrayEquals(new String[] {"HTTP", "plain", "2"}, JvmNetwork.proxy("ws://my_feed:8080"));
        assertEquals(0, JvmNetwork.proxy("wss://direct:9443/").length);
        assertEquals(0, JvmNetwork.proxy("ws://a.direct").length);
    }

    @Test
    void socksIsForBoth() {
        set(Map.of("socksProxyHost", "socks", "socksProxyPort", "3"));
        assertArrayEquals(new String[] {"SOCKS", "socks", "3"}, JvmNetwork.proxy("wss://h/"));
        assertArrayEquals(new String[] {"SOCKS", "socks", "3"}, JvmNetwork.proxy("ws://h/"));
    }

    @Test
    void withoutSettingsThereIsNoProxyAndTrustIsTheJvms() {
        assertEquals(0, JvmNetwork.proxy("wss://h/").length);
        assertTrue(JvmNetwork.trust().issuers.length > 0);
    }
}
