package io.conduktor.connect.websocket;

import io.conduktor.connect.websocket.Acknowledgements.Fate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.management.JMException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.errors.DataException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The task of a connector: the native source behind Connect's interface. Connect polls it from one thread and tells of
 * written records from others.
 */
public class WebSocketSourceTask extends SourceTask {
    private static final Logger LOG = LoggerFactory.getLogger(WebSocketSourceTask.class);
    /** How long a poll waits for a message; Connect cannot end it sooner. */
    private static final long POLL_MS = 200;
    /** No task has this number. */
    private static final long NOT_STARTED = 0;
    private static final long NO_SPOOL = 0;
    private static final String PARTITION = "websocket_url";
    private static final String SPOOL = "spool";
    private static final String LETTERS = "errors.deadletterqueue.topic.name";

    private volatile Running running;

    /** For Connect. */
    public WebSocketSourceTask() {
    }

    /** What there is between start and stop. */
    private static final class Running {
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
        private WebSocketMetrics metrics;
        private Registration series;
        /** Records handed to Connect or left out so far; the polling thread's. */
        private volatile long count;
        /** Those of them that Connect had sent or dropped when it polled last. */
        private volatile long dispatched;
        /** Why the next poll fails. */
        private RuntimeException failure;

        Running(long source, Map<String, String> props, Map<String, String> partition, long base) {
            this.source = source;
            this.topic = props.get(WebSocketSourceConnectorConfig.KAFKA_TOPIC_CONFIG).trim();
            this.letters = props.getOrDefault(LETTERS, "").trim();
            this.partition = partition;
            this.base = base;
            this.props = props;
        }

        private boolean spools() {
            return partition.containsKey(SPOOL);
        }

        JsonValues json() {
            if (json == null) {
                json = new JsonValues(props);
            }
            return json;
        }

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
                long unconfirmed = spools() ? 0 : acknowledged.addBelow(count, Fate.WRITTEN);
                long[] last = new long[Acknowledgements.PLACES];
                acknowledged.read(last);
                NativeSource.stop(source, last[Acknowledgements.RECORDS], last[Acknowledgements.FILTERED],
                    last[Acknowledgements.FAILED], unconfirmed);
            }
        }
    }

    @Override
    public String version() {
        return VersionUtil.getVersion();
    }

    @Override
    public synchronized void start(Map<String, String> props) {
        NativeSource.require();
        // The native source judges it, with all the rest.
        String given = props.get(WebSocketSourceConnectorConfig.WEBSOCKET_URL_CONFIG);
        String url = given == null ? "" : given.trim();
        String connector = props.getOrDefault("name", "websocket-connector");
        JvmNetwork.Trust trust;
        String[] proxy;
        try {
            trust = trust(url);
            proxy = JvmNetwork.proxy(url);
        } catch (RuntimeException error) {
            // What is wrong with a URL, its setting's error says better.
            WebSocketSourceConnectorConfig.requireValid(props);
            throw error;
        }
        String[] config = WebSocketSourceConnectorConfig.flat(props);
        NativeLog.acquire();
        long source = NOT_STARTED;
        long spool = NO_SPOOL;
        boolean started = false;
        try {
            String[] opened = NativeSource.openSpool(config, connector);
            if (opened != null) {
                spool = Long.parseLong(opened[0]);
            }
            Map<String, String> partition = partition(url, opened);
            long stored = storedSequence(partition);
            source = NativeSource.start(config, connector, 0, trust.issuers, trust.servers, proxy, spool, stored);
            Running starting = new Running(source, props, partition, NativeSource.base(source));
            starting.metrics = metrics(connector, url, source);
            starting.series = series(connector, source);
            running = starting;
            started = true;
        } finally {
            if (!started) {
                NativeSource.closeSpool(spool);
                NativeSource.stop(source, 0, 0, 0, 0);
                NativeLog.release();
            }
        }
    }

    /** Whom the JVM trusts; a connection without TLS needs nobody, unless it is redirected to one with. */
    private static JvmNetwork.Trust trust(String url) {
        try {
            return JvmNetwork.trust();
        } catch (ConnectException error) {
            if (JvmNetwork.isSecure(url)) {
                throw error;
            }
            LOG.warn("{}", error.getMessage());
            return JvmNetwork.Trust.NONE;
        }
    }

    /**
     * Each disk has records of its own, so its spool is part of the partition. Connect finds an offset by the partition's
     * bytes, and those have the map's order: {@code Map.of} has another in each JVM, this one is the same in all, and that
     * of the maps which Connect makes of those bytes.
     */
    static Map<String, String> partition(String url, String[] spool) {
        Map<String, String> partition = new HashMap<>();
        partition.put(PARTITION, url);
        if (spool != null) {
            partition.put(SPOOL, spool[1]);
        }
        return Collections.unmodifiableMap(partition);
    }

    private long storedSequence(Map<String, String> partition) {
        // Tests start a task without a context.
        if (context == null || context.offsetStorageReader() == null) {
            return 0;
        }
        Map<String, Object> offset = context.offsetStorageReader().offset(partition);
        Object sequence = offset == null ? null : offset.get(SequenceOffset.SEQUENCE);
        return sequence instanceof Number ? ((Number) sequence).longValue() : 0;
    }

    private static WebSocketMetrics metrics(String connector, String url, long source) {
        try {
            return new WebSocketMetrics(connector, url, () -> NativeSource.statistics(source));
        } catch (JMException | RuntimeException error) {
            LOG.warn("The metrics of {} are not in JMX: {}", connector, error.toString());
            return null;
        }
    }

    private static Registration series(String connector, long source) {
        try {
            WebSocketSeries bean = new WebSocketSeries(NativeSource.series(), () -> NativeSource.readings(source));
            return new Registration(bean, WebSocketSeries.name(connector));
        } catch (JMException | RuntimeException error) {
            LOG.warn("The series of {} are not in JMX: {}", connector, error.toString());
            return null;
        }
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        Running now = running;
        if (now == null) {
            return null;
        }
        if (now.failure != null) {
            throw now.failure;
        }
        // Connect asks for more when nothing of what it has is left to send.
        now.dispatched = now.count;
        long[] done = now.done;
        now.acknowledged.read(done);
        Object[] parts = NativeSource.poll(now.source, POLL_MS, done[Acknowledgements.RECORDS],
            done[Acknowledgements.FILTERED], done[Acknowledgements.FAILED], now.about);
        return parts == null ? null : records(now, new Batch(parts, (int) now.about[NativeSource.KIND]));
    }

    private static List<SourceRecord> records(Running now, Batch batch) {
        List<SourceRecord> records = new ArrayList<>(batch.size());
        JsonValues json = batch.isJson() ? now.json() : null;
        Schema schema = json != null ? null : batch.isText() ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA;
        Object[] parsed = new Object[1];
        long number = now.count;
        long base = now.base + now.about[NativeSource.SKIPPED] + 1;
        try {
            for (int i = 0; i < batch.size(); i++, number++) {
                SequenceOffset offset = new SequenceOffset(now.sessionId, base + number);
                String[] letterHeaders = batch.letterHeaders(i);
                if (letterHeaders != null) {
                    records.add(letter(now, batch, i, letterHeaders, offset, number));
                    continue;
                }
                Object value = batch.value(i);
                if (json != null) {
                    if (!json.parse(now.topic, (byte[]) value, parsed)) {
                        leaveOut(now, number);
                        continue;
                    }
                    value = parsed[0];
                }
                records.add(new WebSocketRecord(now.partition, offset, now.topic, batch.key(i), schema, value,
                    batch.receivedMs(i), now.acknowledged, number));
            }
        } catch (DataException error) {
            // Those before it are Connect's; what comes after it is not, and the task fails.
            now.failure = error;
        }
        now.count = number;
        if (records.isEmpty() && now.failure != null) {
            throw now.failure;
        }
        return records;
    }

    /** A message that was too large, cut: a record like the others but for its topic, and its headers say what it was. */
    private static SourceRecord letter(Running now, Batch batch, int record, String[] headers, SequenceOffset offset,
                                       long number) {
        Object value = batch.letterValue(record);
        Schema schema = value instanceof String ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA;
        SourceRecord letter = new WebSocketRecord(now.partition, offset, now.letters, null, schema, value,
            batch.receivedMs(record), now.acknowledged, number);
        for (int i = 0; i < headers.length; i += 2) {
            letter.headers().addString(headers[i], headers[i + 1]);
        }
        return letter;
    }

    private static void leaveOut(Running now, long number) {
        now.acknowledged.add(number, Fate.FAILED);
        if (now.metrics != null) {
            now.metrics.leaveOut();
        }
    }

    /**
     * Called from the producer's threads, in no order, and without metadata for records that a transform has dropped or
     * that are left out by {@code errors.tolerance}.
     */
    @Override
    public void commitRecord(SourceRecord record, RecordMetadata metadata) {
        if (record instanceof WebSocketRecord) {
            ((WebSocketRecord) record).acknowledge(metadata == null ? Fate.FILTERED : Fate.WRITTEN);
        }
    }

    /**
     * With transactions Connect calls {@link #commitRecord} only when one was committed, and commits none as long as all
     * records are dropped; a spool would fill with those and let no other in. But it calls this after each batch, or each
     * interval, and always with no transaction open: what was sent is committed by then and was confirmed, what is not
     * confirmed was dropped. That holds for what it had sent or dropped at the last poll; of the batch since then it may
     * have more to send, if it pauses or stops while it tries again. Without transactions this says nothing: records are
     * on their way, and those that are dropped are confirmed at once.
     */
    @Override
    public void commit() {
        Running now = running;
        if (now != null && now.acknowledged.head() < now.dispatched && Transaction.isCommitted()) {
            now.acknowledged.addBelow(now.dispatched, Fate.FILTERED);
        }
    }

    @Override
    public synchronized void stop() {
        Running last = running;
        if (last == null) {
            return;
        }
        running = null;
        try {
            last.end();
        } finally {
            NativeLog.release();
        }
    }
}
