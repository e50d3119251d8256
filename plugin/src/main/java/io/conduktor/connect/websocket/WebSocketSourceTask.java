package io.conduktor.connect.websocket;

import io.conduktor.connect.websocket.Acknowledgements.Fate;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.JMException;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.connect.errors.ConnectException;
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
    /** No task has this number. */
    private static final long NOT_STARTED = 0;
    private static final long NO_SPOOL = 0;
    private static final String PARTITION = "websocket_url";
    /** Part of the partition of a task with a spool. */
    static final String SPOOL = "spool";

    private volatile Running running;

    /** For Connect. */
    public WebSocketSourceTask() {
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
        WorkerSettings worker = WorkerSettings.of(context);
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
            source = NativeSource.start(config, connector, 0, trust.issuers, trust.servers, proxy, spool, stored,
                worker.maxRequestSize());
            running = new Running(source, props, worker, partition, metrics(connector, url, source),
                series(connector, source));
            started = true;
        } finally {
            if (!started) {
                NativeSource.closeSpool(spool);
                NativeSource.stop(source, 0, 0, 0, 0, 0);
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
        return now == null ? null : now.poll();
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
        if (now != null) {
            now.commit();
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
