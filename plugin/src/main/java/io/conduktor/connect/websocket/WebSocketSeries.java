package io.conduktor.connect.websocket;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.ObjectName;
import javax.management.MalformedObjectNameException;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenMBeanAttributeInfoSupport;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import javax.management.openmbean.TabularDataSupport;
import javax.management.openmbean.TabularType;

/**
 * The MBean of a task's own series, under the names that they have in the native worker's {@code /metrics}: a number, or
 * a table of numbers by a label. The native source says which there are; all that is asked for at once is of one moment.
 */
final class WebSocketSeries implements DynamicMBean {
    /** Columns of {@link NativeSource#series}. */
    private static final int NAME = 0;
    private static final int HELP = 1;
    private static final int LABEL = 2;
    private static final int TEXT = 3;
    /** What the JMX exporter leaves out of a name. */
    private static final String VALUE = "value";

    private final Map<String, Series> series = new LinkedHashMap<>();
    private final Supplier<double[]> source;

    /** The values of one name: those of the source from {@code first} on. */
    private static final class Series {
        private final int first;
        private final String help;
        /** Null for a single number. */
        private final TabularType table;
        private final String label;
        private final Map<String, Integer> places = new LinkedHashMap<>();

        Series(int first, String[] row) throws OpenDataException {
            this.first = first;
            this.help = row[HELP];
            this.label = row[LABEL];
            this.table = label == null ? null : table(row[NAME], help, label);
        }

        private static TabularType table(String name, String help, String label) throws OpenDataException {
            String[] columns = {label, VALUE};
            OpenType<?>[] types = {SimpleType.STRING, SimpleType.DOUBLE};
            CompositeType row = new CompositeType(name, help, columns, columns, types);
            return new TabularType(name, help, row, new String[] {label});
        }

        Object of(double[] readings) {
            if (table == null) {
                return readings[first];
            }
            TabularDataSupport rows = new TabularDataSupport(table);
            for (Map.Entry<String, Integer> place : places.entrySet()) {
                Map<String, Object> row = Map.of(label, place.getKey(), VALUE, readings[place.getValue()]);
                try {
                    rows.put(new CompositeDataSupport(table.getRowType(), row));
                } catch (OpenDataException impossible) {
                    throw new IllegalStateException(impossible);
                }
            }
            return rows;
        }
    }

    /**
     * A bean of what the source gives, which is null once its task was stopped.
     *
     * @throws OpenDataException if a name is none
     */
    WebSocketSeries(String[][] layout, Supplier<double[]> source) throws OpenDataException {
        this.source = source;
        for (int i = 0; i < layout.length; i++) {
            String[] row = layout[i];
            Series one = series.get(row[NAME]);
            if (one == null) {
                one = new Series(i, row);
                series.put(row[NAME], one);
            }
            if (row[LABEL] != null) {
                one.places.put(row[TEXT], i);
            }
        }
    }

    /** The bean's name: a connector has one task. */
    static ObjectName name(String connector) throws MalformedObjectNameException {
        return new ObjectName(
            "io.conduktor.connect.websocket:type=WebSocketTask,connector=" + ObjectName.quote(connector) + ",task=0");
    }

    @Override
    public Object getAttribute(String name) throws AttributeNotFoundException {
        AttributeList found = getAttributes(new String[] {name});
        if (found.isEmpty()) {
            throw new AttributeNotFoundException(name);
        }
        return ((Attribute) found.get(0)).getValue();
    }

    @Override
    public AttributeList getAttributes(String[] names) {
        AttributeList found = new AttributeList();
        double[] readings = source.get();
        for (String name : names) {
            Series one = series.get(name);
            if (one != null && readings != null) {
                found.add(new Attribute(name, one.of(readings)));
            }
        }
        return found;
    }

    @Override
    public MBeanInfo getMBeanInfo() {
        MBeanAttributeInfo[] attributes = new MBeanAttributeInfo[series.size()];
        int i = 0;
        for (Map.Entry<String, Series> entry : series.entrySet()) {
            Series one = entry.getValue();
            OpenType<?> type = one.table == null ? SimpleType.DOUBLE : one.table;
            attributes[i++] = new OpenMBeanAttributeInfoSupport(entry.getKey(), one.help, type, true, false, false);
        }
        return new MBeanInfo(getClass().getName(), "The series of a task.", attributes, null, null, null);
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
        throw new AttributeNotFoundException(attribute.getName());
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
        return new AttributeList();
    }

    @Override
    public Object invoke(String action, Object[] parameters, String[] signature) {
        throw new UnsupportedOperationException(action);
    }
}
