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
    private final Object[] parsed = new Object[1];
    private final Map<String, String> props;
    private final long source;
    /** Null as long as no message was to be parsed. */
    private JsonValues json;
    /** Null if it is Connect's producer that judges. */
    private final Oversize oversize;
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
    Running(long source, Map<String, String> props, WorkerSettings worker, Map<String, String> partition,
            WebSocketMetrics metrics, Registration series) {
        this.source = source;
        this.topic = props.get(WebSocketSourceConnectorConfig.KAFKA_TOPIC_CONFIG).trim();
        this.letters = props.getOrDefault(LETTERS, "").trim();
        this.partition = partition;
        this.base = NativeSource.base(source);
        this.props = props;
        this.metrics = metrics;
        this.series = series;
        this.oversize = Oversize.of(source, props, worker.converters());
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
        Object[] parts = NativeSource.poll(source, POLL_MS, done[Acknowledgements.RECORDS], done[Fate.FILTERED.place()],
            done[Fate.FAILED.place()], done[Fate.TOO_LARGE.place()], about);
        return parts == null ? null : records(new Batch(parts, (int) about[NativeSource.KIND]));
    }

    private List<SourceRecord> records(Batch batch) {
        List<SourceRecord> records = new ArrayList<>(batch.size());
        long number = count;
        try {
            for (int i = 0; i < batch.size(); i++, number++) {
                if (oversize != null && oversize.mayBe(batch.length(i))) {
                    addSized(records, batch, i, number);
                } else {
                    add(records, batch, i, number);
                }
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

    private void add(List<SourceRecord> records, Batch batch, int i, long number) {
        if (!batch.isJson()) {
            records.add(plain(batch, i, number));
        } else if (json().parse(topic, (byte[]) batch.value(i), parsed)) {
            records.add(record(batch, i, number, null, parsed[0]));
        } else {
            leaveOut(number, Fate.FAILED);
        }
    }

    private SourceRecord plain(Batch batch, int i, long number) {
        return record(batch, i, number, batch.isText() ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA, batch.value(i));
    }

    private SourceRecord record(Batch batch, int i, long number, Schema schema, Object value) {
        return new WebSocketRecord(partition, offset(number), topic, batch.key(i), schema, value, batch.receivedMs(i),
            acknowledged, number);
    }

    private SequenceOffset offset(long number) {
        return new SequenceOffset(sessionId, base + about[NativeSource.SKIPPED] + 1 + number);
    }

    /** Adds a record that may be too large, or what becomes of it if it is. */
    private void addSized(List<SourceRecord> records, Batch batch, int i, long number) {
        SourceRecord record = null;
        if (!batch.isJson()) {
            record = plain(batch, i, number);
        } else if (json().read(topic, (byte[]) batch.value(i), parsed)) {
            record = record(batch, i, number, null, parsed[0]);
        }
        // What is no JSON fails the task, unless it is too large for that.
        long excessive = record == null ? oversize.excessive(batch.length(i)) : oversize.excessive(record);
        if (excessive > 0) {
            addLetter(records, batch, i, number, excessive);
        } else if (record == null || oversize.mayChange()) {
            add(records, batch, i, number);
        } else {
            records.add(record);
        }
    }

    /** Adds what is sent of a message that would be a record of so many bytes, if anything is. */
    private void addLetter(List<SourceRecord> records, Batch batch, int i, long number, long recordBytes) {
        SourceRecord letter = oversize.letter(batch.message(i), batch.isText() || batch.isJson(), recordBytes,
            (part, headers) -> letter(part, headers, batch.receivedMs(i), number));
        if (letter == null) {
            leaveOut(number, Fate.TOO_LARGE);
        } else {
            records.add(letter);
        }
    }

    /** A part of a message that was too large: a record like the others but for its topic and its headers. */
    private SourceRecord letter(Object part, String[] headers, long receivedMs, long number) {
        Schema schema = part instanceof String ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA;
        SourceRecord letter = new WebSocketRecord(partition, offset(number), letters, null, schema, part, receivedMs,
            acknowledged, number);
        for (int i = 0; i < headers.length; i += 2) {
            letter.headers().addString(headers[i], headers[i + 1]);
        }
        return letter;
    }

    private void leaveOut(long number, Fate fate) {
        acknowledged.add(number, fate);
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
            try {
                NativeSource.stop(source, last[Acknowledgements.RECORDS], last[Fate.FILTERED.place()],
                    last[Fate.FAILED.place()], last[Fate.TOO_LARGE.place()], unconfirmed);
            } finally {
                if (oversize != null) {
                    oversize.close();
                }
            }
        }
    }
}
