package io.conduktor.connect.websocket;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** An MBean's place in the MBean server, until it is closed. */
final class Registration implements AutoCloseable {
    /** Who has a name there: a task that Connect has given up may end after its successor's start. */
    private static final Map<ObjectName, Registration> HELD = new HashMap<>();

    private final ObjectName name;

    /**
     * Registers a bean, in place of one that has its name.
     *
     * @throws JMException if it cannot be registered
     */
    Registration(Object bean, ObjectName name) throws JMException {
        this.name = name;
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        synchronized (HELD) {
            if (server.isRegistered(name)) {
                server.unregisterMBean(name);
            }
            server.registerMBean(bean, name);
            HELD.put(name, this);
        }
    }

    /** Takes the bean away, unless a successor has its name by now. */
    @Override
    public void close() {
        synchronized (HELD) {
            if (!HELD.remove(name, this)) {
                return;
            }
            try {
                ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
            } catch (JMException gone) {
                // Somebody else has taken it away.
            }
        }
    }
}
