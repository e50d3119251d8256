package forgetting;

import java.util.Collection;
import java.util.Map;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.sink.SinkTask;

/** See its connector. */
public final class ForgettingSinkTask extends SinkTask {
    @Override
    public String version() {
        return ForgettingSinkConnector.VERSION;
    }

    @Override
    public void start(Map<String, String> settings) {
    }

    @Override
    public void put(Collection<SinkRecord> records) {
    }

    @Override
    public void stop() {
    }
}
