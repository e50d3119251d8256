import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/**
 * Makes records from nothing: what Connect costs by itself, the ceiling for a source. The records are those of the
 * plugin: a String of its own each, a partition that is shared, an offset of a session and a sequence, a timestamp.
 */
public class CeilingConnector extends SourceConnector {
    private Map<String, String> props;

    @Override
    public String version() {
        return "1";
    }

    @Override
    public void start(Map<String, String> props) {
        this.props = props;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return CeilingTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        return List.of(props);
    }

    @Override
    public void stop() {
    }

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    /** {@code size} bytes and {@code count} records, in polls of {@code batch}. */
    public static class CeilingTask extends SourceTask {
        private static final String SESSION = UUID.randomUUID().toString();
        private static final Map<String, String> PARTITION = Collections.singletonMap("websocket_url", "none");
        private String topic;
        private char[] text;
        private int batch;
        private long left;
        private long sequence;

        @Override
        public String version() {
            return "1";
        }

        @Override
        public void start(Map<String, String> props) {
            topic = props.get("kafka.topic");
            text = "x".repeat(Integer.parseInt(props.get("size"))).toCharArray();
            batch = Integer.parseInt(props.get("batch"));
            left = Long.parseLong(props.get("count"));
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            if (left == 0) {
                Thread.sleep(200);
                return null;
            }
            int count = (int) Math.min(batch, left);
            left -= count;
            List<SourceRecord> records = new ArrayList<>(count);
            long now = System.currentTimeMillis();
            for (int i = 0; i < count; i++) {
                Map<String, Object> offset = new HashMap<>(4);
                offset.put("session_id", SESSION);
                offset.put("sequence", ++sequence);
                records.add(new SourceRecord(PARTITION, offset, topic, null, null, null, Schema.STRING_SCHEMA,
                    new String(text), now));
            }
            return records;
        }

        @Override
        public void stop() {
        }
    }
}
