package io.conduktor.connect.websocket;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/**
 * A few records with the connector's partition and offset, so that there are offsets and topics to ask for. It speaks
 * no WebSocket, but a server that cannot be reached and a limited number of attempts make it fail, as the connector
 * does.
 */
public final class WebSocketSourceTask extends SourceTask {
    private static final int RECORDS = 3;
    /** Connect sees a pause only between two polls. */
    private static final long POLL_MS = 50;
    private static final int CONNECT_MS = 5000;

    private final CountDownLatch stopped = new CountDownLatch(1);
    private URI url;
    private String topic;
    private String partitionUrl;
    private boolean limited;
    private boolean produced;

    @Override
    public String version() {
        return WebSocketSourceConnector.VERSION;
    }

    @Override
    public void start(Map<String, String> settings) {
        partitionUrl = settings.get(WebSocketSourceConnector.URL);
        url = URI.create(partitionUrl.trim());
        topic = settings.get(WebSocketSourceConnector.TOPIC);
        limited = Integer.parseInt(settings.getOrDefault(WebSocketSourceConnector.MAX_ATTEMPTS, "-1").trim()) >= 0;
    }

    @Override
    public List<SourceRecord> poll() throws InterruptedException {
        if (produced) {
            stopped.await(POLL_MS, TimeUnit.MILLISECONDS);
            return null;
        }
        if (limited) {
            connect();
        }
        produced = true;
        return records();
    }

    private void connect() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), CONNECT_MS);
        } catch (IOException e) {
            throw new ConnectException("No attempt is left", e);
        }
    }

    private List<SourceRecord> records() {
        Map<String, String> partition = Map.of("websocket_url", partitionUrl);
        String session = UUID.randomUUID().toString();
        long stored = stored(partition);
        List<SourceRecord> records = new ArrayList<>();
        for (long sequence = stored + 1; sequence <= stored + RECORDS; sequence++) {
            Map<String, Object> offset = Map.of("session_id", session, "sequence", sequence);
            records.add(new SourceRecord(partition, offset, topic, Schema.STRING_SCHEMA, "record " + sequence));
        }
        return records;
    }

    /** The sequence goes on from the stored offset, as the connector's. */
    private long stored(Map<String, String> partition) {
        Map<String, Object> offset = context.offsetStorageReader().offset(partition);
        return offset != null && offset.get("sequence") instanceof Number sequence ? sequence.longValue() : 0;
    }

    @Override
    public void stop() {
        stopped.countDown();
    }
}
