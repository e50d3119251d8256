package io.conduktor.connect.websocket;

import io.conduktor.connect.websocket.Acknowledgements.Fate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.source.SourceRecord;

/**
 * What a task is between its start and its stop: takes batches from the native source, makes records of them and keeps
 * account of what becomes of those. All but {@link #commit} and {@link #end} is the polling thread's.
 */
final class Running {
    /** How long a poll waits for a message; Connect cannot end it sooner. */
    private static final long POLL_MS = 200;
    private static final String LETTERS = "errors.deadletterqueue.topic.name";

    private final String topic;
    /** Where dead letters go. */
    private final String letters;
    private final Map<String, String> partition;
    private final String sessionId = UUID.randomUUID().toString();
    /** The sequence of the last record before this start. */
    private final long base;
    private final Acknowledgements acknowledged = new Acknowledgements();
    private final long[] done = new long[Acknowledgements.PLACES];
    private final long[] about = new long[2];
    private final Map<String, String> props;
    private final long source;
    /** Null as long as no message was to be parsed. */
    private JsonValues json;
    /** Null where JMX does not take them. */
    private final WebSocketMetrics metrics;
    private final Registration series;
    /** Records handed to Connect or left out so far; the polling thread's. */
    private volatile long count;
    /** Those of them that Connect had sent or dropped when it polled last. */
    private volatile long dispatched;
    /** Why the next poll fails. */
    private RuntimeException failure;

    /** Of a source that runs, with its MBeans, which may be null. */
    Running(long source, Map<String, String> props, Map<String, String> partition, WebSocketMetrics metrics,
            Registration series) {
        this.source = source;
        this.topic = props.get(WebSocketSourceConnectorConfig.KAFKA_TOPIC_CONFIG).trim();
        this.letters = props.getOrDefault(LETTERS, "").trim();
        this.partition = partition;
        this.base = NativeSource.base(source);
        this.props = props;
        this.metrics = metrics;
        this.series = series;
    }

    private JsonValues json() {
        if (json == null) {
            json = new JsonValues(props);
        }
        return json;
    }

    /** Connect's poll. */
    List<SourceRecord> poll() {
        if (failure != null) {
            throw failure;
        }
        // Connect asks for more when nothing of what it has is left to send.
        dispatched = count;
        acknowledged.read(done);
        Object[] parts = NativeSource.poll(source, POLL_MS, done[Acknowledgements.RECORDS],
            done[Acknowledgements.FILTERED], done[Acknowledgements.FAILED], about);
        return parts == null ? null : records(new Batch(parts, (int) about[NativeSource.KIND]));
    }

    private List<SourceRecord> records(Batch batch) {
        List<SourceRecord> records = new ArrayList<>(batch.size());
        JsonValues values = batch.isJson() ? json() : null;
        Schema schema = values != null ? null : batch.isText() ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA;
        Object[] parsed = new Object[1];
        long number = count;
        long base = this.base + about[NativeSource.SKIPPED] + 1;
        try {
            for (int i = 0; i < batch.size(); i++, number++) {
                SequenceOffset offset = new SequenceOffset(sessionId, base + number);
                String[] letterHeaders = batch.letterHeaders(i);
                if (letterHeaders != null) {
                    records.add(letter(batch, i, letterHeaders, offset, number));
                    continue;
                }
                Object value = batch.value(i);
                if (values != null) {
                    if (!values.parse(topic, (byte[]) value, parsed)) {
                        leaveOut(number);
                        continue;
                    }
                    value = parsed[0];
                }
                records.add(new WebSocketRecord(partition, offset, topic, batch.key(i), schema, value,
                    batch.receivedMs(i), acknowledged, number));
            }
        } catch (DataException error) {
            // Those before it are Connect's; what comes after it is not, and the task fails.
            failure = error;
        }
        count = number;
        if (records.isEmpty() && failure != null) {
            throw failure;
        }
        return records;
    }

    /** A message that was too large, cut: a record like the others but for its topic, and its headers say what it was. */
    private SourceRecord letter(Batch batch, int record, String[] headers, SequenceOffset offset, long number) {
        Object value = batch.letterValue(record);
        Schema schema = value instanceof String ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA;
        SourceRecord letter = new WebSocketRecord(partition, offset, letters, null, schema, value,
            batch.receivedMs(record), acknowledged, number);
        for (int i = 0; i < headers.length; i += 2) {
            letter.headers().addString(headers[i], headers[i + 1]);
        }
        return letter;
    }

    private void leaveOut(long number) {
        acknowledged.add(number, Fate.FAILED);
        if (metrics != null) {
            metrics.leaveOut();
        }
    }

    /** What Connect had sent or dropped when it polled last is written or dropped, if it writes in transactions. */
    void commit() {
        if (acknowledged.head() < dispatched && Transaction.isCommitted()) {
            acknowledged.addBelow(dispatched, Fate.FILTERED);
        }
    }

    /** Ends the source and its MBeans. */
    void end() {
        try {
            // First, so that nobody reads a task that is gone.
            if (metrics != null) {
                metrics.close();
            }
            if (series != null) {
                series.close();
            }
        } finally {
            // What Connect has may still arrive. A spool keeps it, since then it may also be lost.
            boolean spools = partition.containsKey(WebSocketSourceTask.SPOOL);
            long unconfirmed = spools ? 0 : acknowledged.addBelow(count, Fate.WRITTEN);
            long[] last = new long[Acknowledgements.PLACES];
            acknowledged.read(last);
            NativeSource.stop(source, last[Acknowledgements.RECORDS], last[Acknowledgements.FILTERED],
                last[Acknowledgements.FAILED], unconfirmed);
        }
    }
}
