package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.TreeSet;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Test;

class WebSocketSeriesTest {
    private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();
    private static final String[][] LAYOUT = {
        {"one", "A number.", null, null},
        {"some", "Numbers.", "state", "live"},
        {"some", "Numbers.", "state", "closed"},
    };

    private static double at(Object table, String text) {
        return (double) ((TabularData) table).get(new Object[] {text}).get("value");
    }

    @Test
    void whatIsAskedForAtOnceIsReadOnce() throws Exception {
        int[] asked = {0};
        WebSocketSeries bean = new WebSocketSeries(LAYOUT, () -> new double[] {++asked[0], 2, 3});
        ObjectName name = WebSocketSeries.name("a \"name\"");
        try (Registration held = new Registration(bean, name)) {
            assertEquals("Numbers.", SERVER.getMBeanInfo(name).getAttributes()[1].getDescription());
            AttributeList found = SERVER.getAttributes(name, new String[] {"one", "some", "none"});
            assertEquals(2, found.size(), held.toString());
            assertEquals(1.0, found.asList().get(0).getValue());
            Object some = found.asList().get(1).getValue();
            assertEquals(2, at(some, "live"));
            assertEquals(3, at(some, "closed"));
            assertEquals(2.0, SERVER.getAttribute(name, "one"));
            assertThrows(AttributeNotFoundException.class, () -> SERVER.getAttribute(name, "none"));
        }
    }

    @Test
    void aTaskThatWasStoppedHasNoValues() throws Exception {
        WebSocketSeries bean = new WebSocketSeries(LAYOUT, () -> null);
        assertTrue(bean.getAttributes(new String[] {"one"}).isEmpty());
        assertThrows(AttributeNotFoundException.class, () -> bean.getAttribute("some"));
    }

    @Test
    void theNativeSourceSaysWhichSeriesThereAre() throws Exception {
        NativeSource.require();
        WebSocketSeries bean = new WebSocketSeries(NativeSource.series(), () -> null);
        Set<String> names = new TreeSet<>();
        for (MBeanAttributeInfo attribute : bean.getMBeanInfo().getAttributes()) {
            names.add(attribute.getName());
        }
        assertTrue(names.containsAll(Set.of("queue_bytes", "ledger_messages", "receive_to_ack_seconds_bucket")), names + "");
    }
}
