import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.connect.json.JsonConverter;
import org.apache.kafka.connect.runtime.standalone.StandaloneConfig;
import org.apache.kafka.connect.storage.FileOffsetBackingStore;

/**
 * Reads an offsets file with Kafka Connect's own class, prints "KEY TAB VALUE" for each entry and writes the file
 * again, so that a test can see that both programs understand each other's files.
 */
public final class OffsetsFile extends FileOffsetBackingStore {
    private OffsetsFile(JsonConverter converter) {
        super(converter);
    }

    private static String text(ByteBuffer bytes) {
        return bytes == null ? "null" : new String(bytes.array(), StandardCharsets.UTF_8);
    }

    private void printAndRewrite() {
        data.forEach((key, value) -> System.out.println(text(key) + "\t" + text(value)));
        save();
    }

    public static void main(String[] args) {
        JsonConverter converter = new JsonConverter();
        converter.configure(Map.of("schemas.enable", "false"), true);
        OffsetsFile store = new OffsetsFile(converter);
        store.configure(new StandaloneConfig(Map.of(
            "bootstrap.servers", "localhost:9092",
            "key.converter", "org.apache.kafka.connect.storage.StringConverter",
            "value.converter", "org.apache.kafka.connect.storage.StringConverter",
            "offset.storage.file.filename", args[0])));
        store.start();
        store.printAndRewrite();
        store.stop();
    }
}
