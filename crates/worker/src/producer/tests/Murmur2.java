import java.util.HexFormat;
import java.util.Random;
import org.apache.kafka.common.utils.Utils;

/**
 * Writes murmur2.csv: 1,000 keys in hexadecimal and the partition, of 12, that
 * Kafka's BuiltInPartitioner gives them.
 *
 * java -cp kafka-clients.jar:slf4j-api.jar Murmur2.java > murmur2.csv
 */
public class Murmur2 {
    public static void main(String[] args) {
        Random random = new Random(2026);
        for (int i = 0; i < 1_000; i++) {
            byte[] key = new byte[1 + i % 67];
            random.nextBytes(key);
            int partition = Utils.toPositive(Utils.murmur2(key)) % 12;
            System.out.println(HexFormat.of().formatHex(key) + "," + partition);
        }
    }
}
