package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

class WebSocketMetricsTest {
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

    private static ObjectName name(String connector, String url) throws Exception {
        return new ObjectName("io.conduktor.connect.websocket:type=WebSocketConnector,name=\"" + connector
            + "\",url=\"" + url + "\"");
    }

    @Test
    void theBeanIsThereUntilItIsClosed() throws Exception {
        ObjectName name = name("one", "example.com_9443_ws");
        try (WebSocketMetrics metrics = new WebSocketMetrics("one", "wss://example.com:9443/ws")) {
            metrics.incrementMessagesReceived();
            metrics.setConnected(true);
            metrics.setQueueCapacity(200);
            metrics.updateQueueSize(50);
            assertEquals(1L, SERVER.getAttribute(name, "MessagesReceived"));
            assertEquals(true, SERVER.getAttribute(name, "Connected"));
            assertTrue((long) SERVER.getAttribute(name, "UptimeMillis") >= 0);
            metrics.setConnected(false);
            assertEquals(0L, SERVER.getAttribute(name, "UptimeMillis"));
            assertEquals(25.0, SERVER.getAttribute(name, "QueueUtilizationPercent"));
            assertEquals("one", SERVER.getAttribute(name, "ConnectorName"));
            assertTrue((long) SERVER.getAttribute(name, "MillisSinceLastMessage") >= 0);
        }
        assertFalse(SERVER.isRegistered(name));
    }

    @Test
    void aBeanThatHasASuccessorLeavesItAlone() throws Exception {
        ObjectName name = name("three", "h_");
        WebSocketMetrics first = new WebSocketMetrics("three", "ws://h/");
        try (WebSocketMetrics second = new WebSocketMetrics("three", "ws://h/")) {
            second.incrementMessagesReceived();
            first.close();
            assertEquals(1L, SERVER.getAttribute(name, "MessagesReceived"));
        }
        assertFalse(SERVER.isRegistered(name));
    }

    @Test
    void readingsAreTheSourcesAndCountFromTheLastReset() throws Exception {
        long[] readings = {10, 2, 5, 3, 100, 4, 1, 0};
        try (WebSocketMetrics metrics = new WebSocketMetrics("two", "ws://h/", () -> readings)) {
            assertEquals(10, metrics.getMessagesReceived());
            assertEquals(2, metrics.getMessagesDropped());
            assertEquals(5, metrics.getRecordsProduced());
            assertEquals(3, metrics.getLagCount());
            assertEquals(20.0, metrics.getDropRate());
            assertEquals(4, metrics.getTotalReconnects());
            assertEquals(-1, metrics.getMillisSinceLastMessage());
            metrics.resetCounters();
            readings[NativeSource.RECEIVED] = 11;
            assertEquals(1, metrics.getMessagesReceived());
            assertEquals(0, metrics.getMessagesDropped());
            assertEquals(0, metrics.getTotalReconnects());
            assertEquals(3, metrics.getQueueSize());
            assertEquals(100, metrics.getQueueCapacity());
        }
    }

    @Test
    void aUrlsSecretsAreInNoName() throws Exception {
        String[][] urls = {{"wss://user:s3cret@h:9443/p?key=s3cret", "h_9443_p"}, {null, "unknown"}};
        for (String[] url : urls) {
            try (WebSocketMetrics metrics = new WebSocketMetrics("four", url[0])) {
                assertTrue(SERVER.isRegistered(name("four", url[1])), metrics.getConnectorName() + url[1]);
            }
        }
    }
}
