package io.conduktor.connect.websocket;

/** What JMX shows of a task. */
public interface WebSocketMetricsMBean {
    /** Messages received since the task started or the counters were reset. */
    long getMessagesReceived();

    /** Messages dropped since then, by a full buffer or as binary messages. */
    long getMessagesDropped();

    /** Records handed to Kafka Connect since then. */
    long getRecordsProduced();

    /** Messages that wait for Kafka Connect. */
    int getQueueSize();

    /** The most messages that may wait. */
    int getQueueCapacity();

    /** How full the queue is, 0 to 100. */
    double getQueueUtilizationPercent();

    /** Whether the session is live. */
    boolean isConnected();

    /** Milliseconds since the last message; -1 if none has come. */
    long getMillisSinceLastMessage();

    /** Milliseconds since the session is live; 0 while it is not. */
    long getUptimeMillis();

    /** Reconnection attempts since the task started or the counters were reset. */
    long getTotalReconnects();

    /** Messages received and neither handed over nor dropped. */
    long getLagCount();

    /** Percentage of the messages received that were dropped. */
    double getDropRate();

    /** The connector's name. */
    String getConnectorName();

    /** Sets the counters to 0. */
    void resetCounters();
}
