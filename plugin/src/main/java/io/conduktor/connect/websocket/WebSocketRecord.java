package io.conduktor.connect.websocket;

import java.util.Map;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.SourceRecord;

/** A record that knows its number, from 0, since its task began. */
final class WebSocketRecord extends SourceRecord {
    private final Acknowledgements acknowledged;
    private final long number;

    WebSocketRecord(Map<String, ?> partition, Map<String, ?> offset, String topic, Object key, Schema schema,
                    Object value, long timestamp, Acknowledgements acknowledged, long number) {
        super(partition, offset, topic, null, key == null ? null : Schema.BYTES_SCHEMA, key, schema, value, timestamp);
        this.acknowledged = acknowledged;
        this.number = number;
    }

    /** Connect is done with it. */
    void acknowledge(Acknowledgements.Fate fate) {
        acknowledged.add(number, fate);
    }

    // Its number says nothing of its content.
    @Override
    public boolean equals(Object other) {
        return super.equals(other);
    }

    @Override
    public int hashCode() {
        return super.hashCode();
    }
}
