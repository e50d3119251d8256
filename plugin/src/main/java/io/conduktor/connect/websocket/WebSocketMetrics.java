package io.conduktor.connect.websocket;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.ObjectName;

/**
 * The MBean of a task. Its readings are the native source's at the moment when they are asked for, and what was added
 * here by the {@code increment} methods.
 */
public class WebSocketMetrics implements WebSocketMetricsMBean, AutoCloseable {
    private static final int[] COUNTERS = {
        NativeSource.RECEIVED, NativeSource.DROPPED, NativeSource.PRODUCED, NativeSource.RECONNECTS,
    };

    private final String connectorName;
    private final Registration registration;
    private final AtomicLongArray added = new AtomicLongArray(NativeSource.READINGS);
    /** The source's counters when they were reset. */
    private final AtomicLongArray before = new AtomicLongArray(NativeSource.READINGS);
    private final AtomicLong lastMessageMs = new AtomicLong();
    private final Supplier<long[]> source;

    /**
     * Registers the MBean.
     *
     * @throws JMException if it cannot be registered
     */
    public WebSocketMetrics(String connectorName, String websocketUrl) throws JMException {
        this(connectorName, websocketUrl, () -> null);
    }

    WebSocketMetrics(String connectorName, String websocketUrl, Supplier<long[]> source) throws JMException {
        this.connectorName = connectorName;
        this.source = source;
        this.registration = new Registration(this, new ObjectName(
            "io.conduktor.connect.websocket:type=WebSocketConnector,name=" + ObjectName.quote(connectorName) + ",url="
            + ObjectName.quote(shown(websocketUrl))));
    }

    /** What a name has of a URL, without user info and query, which may hold keys. */
    private static String shown(String url) {
        if (url == null) {
            return "unknown";
        }
        NativeSource.require();
        return NativeSource.beanUrl(url);
    }

    private long reading(int which) {
        long[] readings = source.get();
        return added.get(which) + (readings == null ? 0 : readings[which]);
    }

    private long counter(int which) {
        return reading(which) - before.get(which);
    }

    /** Counts a message. */
    public void incrementMessagesReceived() {
        added.incrementAndGet(NativeSource.RECEIVED);
        lastMessageMs.set(System.currentTimeMillis());
    }

    /** Counts a message that was dropped. */
    public void incrementMessagesDropped() {
        added.incrementAndGet(NativeSource.DROPPED);
    }

    /** Counts a record of the source's that went no further. */
    void leaveOut() {
        added.decrementAndGet(NativeSource.PRODUCED);
        added.incrementAndGet(NativeSource.DROPPED);
    }

    /** Counts records handed over. */
    public void incrementRecordsProduced(long count) {
        added.addAndGet(NativeSource.PRODUCED, count);
    }

    /** Counts an attempt to connect again. */
    public void incrementReconnects() {
        added.incrementAndGet(NativeSource.RECONNECTS);
    }

    /** Sets how many messages wait. */
    public void updateQueueSize(int size) {
        added.set(NativeSource.QUEUE, size);
    }

    /** Sets how many messages may wait. */
    public void setQueueCapacity(int capacity) {
        added.set(NativeSource.CAPACITY, capacity);
    }

    /** Sets whether the session is live. */
    public void setConnected(boolean connected) {
        added.set(NativeSource.CONNECTED_MS, connected ? System.currentTimeMillis() : 0);
    }

    @Override
    public long getMessagesReceived() {
        return counter(NativeSource.RECEIVED);
    }

    @Override
    public long getMessagesDropped() {
        return counter(NativeSource.DROPPED);
    }

    @Override
    public long getRecordsProduced() {
        return counter(NativeSource.PRODUCED);
    }

    @Override
    public int getQueueSize() {
        return Math.toIntExact(reading(NativeSource.QUEUE));
    }

    @Override
    public int getQueueCapacity() {
        return Math.toIntExact(reading(NativeSource.CAPACITY));
    }

    @Override
    public double getQueueUtilizationPercent() {
        int capacity = getQueueCapacity();
        return capacity == 0 ? 0 : getQueueSize() * 100.0 / capacity;
    }

    @Override
    public boolean isConnected() {
        return reading(NativeSource.CONNECTED_MS) != 0;
    }

    @Override
    public long getMillisSinceLastMessage() {
        long[] readings = source.get();
        long last = Math.max(lastMessageMs.get(), readings == null ? 0 : readings[NativeSource.LAST_MESSAGE_MS]);
        return last == 0 ? -1 : Math.max(0, System.currentTimeMillis() - last);
    }

    @Override
    public long getUptimeMillis() {
        long since = reading(NativeSource.CONNECTED_MS);
        return since == 0 ? 0 : Math.max(0, System.currentTimeMillis() - since);
    }

    @Override
    public long getTotalReconnects() {
        return counter(NativeSource.RECONNECTS);
    }

    @Override
    public long getLagCount() {
        return Math.max(0, getMessagesReceived() - getMessagesDropped() - getRecordsProduced());
    }

    @Override
    public double getDropRate() {
        long received = getMessagesReceived();
        return received == 0 ? 0 : getMessagesDropped() * 100.0 / received;
    }

    @Override
    public String getConnectorName() {
        return connectorName;
    }

    @Override
    public void resetCounters() {
        for (int which : COUNTERS) {
            before.set(which, reading(which));
        }
    }

    /** Takes the MBean away, unless a successor has its name by now. */
    @Override
    public void close() {
        registration.close();
    }
}
