package io.conduktor.connect.websocket;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.management.JMException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.data.Schema;
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
    private static final String PARTITION = "websocket_url";

    private volatile Running running;

    /** For Connect. */
    public WebSocketSourceTask() {
    }

    /** What there is between start and stop. */
    private static final class Running {
        private final long source;
        private final String topic;
        private final Map<String, String> partition;
        private final String sessionId = UUID.randomUUID().toString();
        /** The sequence of the last record before this start. */
        private final long base;
        private final Acknowledgements acknowledged = new Acknowledgements();
        private final int[] kind = new int[1];
        /** Null unless messages are parsed. */
        private final JsonValues json;
        private WebSocketMetrics metrics;
        /** Records so far; the polling thread's. */
        private long count;

        Running(long source, Map<String, String> props, Map<String, String> partition, long base) {
            this.source = source;
            this.topic = props.get(WebSocketSourceConnectorConfig.KAFKA_TOPIC_CONFIG).trim();
            this.partition = partition;
            this.base = base;
            String format = props.getOrDefault("websocket.value.format", "").trim();
            this.json = format.equalsIgnoreCase("json") ? new JsonValues(props) : null;
        }
    }

    @Override
    public String version() {
        return VersionUtil.getVersion();
    }

    @Override
    public synchronized void start(Map<String, String> props) {
        NativeSource.require();
        WebSocketSourceConnectorConfig.requireValid(props);
        String url = props.get(WebSocketSourceConnectorConfig.WEBSOCKET_URL_CONFIG).trim();
        String connector = props.getOrDefault("name", "websocket-connector");
        Map<String, String> partition = Collections.singletonMap(PARTITION, url);
        long base = storedSequence(partition);
        NativeLog.acquire();
        try {
            long source = NativeSource.start(WebSocketSourceConnectorConfig.flat(props), connector, 0,
                JvmNetwork.issuers(), JvmNetwork.proxy(url));
            Running started = new Running(source, props, partition, base);
            started.metrics = metrics(connector, url, source);
            running = started;
        } catch (RuntimeException error) {
            NativeLog.release();
            throw error;
        }
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
        } catch (JMException error) {
            LOG.warn("The metrics of {} are not in JMX: {}", connector, error.toString());
            return null;
        }
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        Running now = running;
        if (now == null) {
            return null;
        }
        Object[] parts = NativeSource.poll(now.source, POLL_MS, now.acknowledged.head(), now.kind);
        return parts == null ? null : records(now, new Batch(parts, now.kind[0]));
    }

    private static List<SourceRecord> records(Running now, Batch batch) {
        List<SourceRecord> records = new ArrayList<>(batch.size());
        Schema schema = now.json != null ? null : batch.isText() ? Schema.STRING_SCHEMA : Schema.BYTES_SCHEMA;
        Object[] parsed = new Object[1];
        for (int i = 0; i < batch.size(); i++) {
            long number = now.count++;
            Object value = batch.value(i);
            if (now.json != null) {
                if (!now.json.parse(now.topic, (byte[]) value, parsed)) {
                    now.acknowledged.add(number);
                    continue;
                }
                value = parsed[0];
            }
            SequenceOffset offset = new SequenceOffset(now.sessionId, now.base + now.count);
            records.add(new WebSocketRecord(now.partition, offset, now.topic, batch.key(i), schema, value,
                batch.receivedMs(i), now.acknowledged, number));
        }
        return records;
    }

    /** Called from the producer's threads, in no order, and for records that a transform has dropped. */
    @Override
    public void commitRecord(SourceRecord record, RecordMetadata metadata) {
        if (record instanceof WebSocketRecord) {
            ((WebSocketRecord) record).acknowledge();
        }
    }

    @Override
    public synchronized void stop() {
        Running last = running;
        if (last == null) {
            return;
        }
        running = null;
        NativeSource.stop(last.source, last.acknowledged.head());
        if (last.metrics != null) {
            last.metrics.close();
        }
        NativeLog.release();
    }
}
