import java.util.Set;
import java.util.TreeSet;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * The MBeans of another process: for each of a pattern's, on standard output, a line for each attribute with the bean's
 * canonical name, the attribute's name, the class of its value and the value, with tabs between them. With "--invoke
 * OPERATION" before the patterns the operation, which has no parameters, is called, and a line has the bean's name.
 */
public final class ReadMBeans {
    private ReadMBeans() {
    }

    public static void main(String[] arguments) throws Exception {
        String url = "service:jmx:rmi:///jndi/rmi://127.0.0.1:" + arguments[0] + "/jmxrmi";
        try (JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(url))) {
            MBeanServerConnection server = connector.getMBeanServerConnection();
            boolean invoke = arguments[1].equals("--invoke");
            for (int at = invoke ? 3 : 1; at < arguments.length; at++) {
                ObjectName pattern = new ObjectName(arguments[at]);
                if (invoke) {
                    invoke(server, pattern, arguments[2]);
                } else {
                    print(server, pattern);
                }
            }
        }
    }

    private static void invoke(MBeanServerConnection server, ObjectName pattern, String operation) throws Exception {
        for (ObjectName name : server.queryNames(pattern, null)) {
            server.invoke(name, operation, new Object[0], new String[0]);
            System.out.println(name.getCanonicalName());
        }
    }

    private static void print(MBeanServerConnection server, ObjectName pattern) throws Exception {
        Set<ObjectName> names = new TreeSet<>(server.queryNames(pattern, null));
        for (ObjectName name : names) {
            for (MBeanAttributeInfo attribute : server.getMBeanInfo(name).getAttributes()) {
                Object value = server.getAttribute(name, attribute.getName());
                String type = value == null ? "null" : value.getClass().getSimpleName();
                System.out.println(String.join("\t", name.getCanonicalName(), attribute.getName(), type, "" + value));
            }
        }
    }
}
