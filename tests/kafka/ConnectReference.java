import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamWriteConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.Configurable;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.common.config.types.Password;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.connect.connector.ConnectRecord;
import org.apache.kafka.connect.data.ConnectSchema;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Values;
import org.apache.kafka.connect.header.ConnectHeaders;
import org.apache.kafka.connect.header.Header;
import org.apache.kafka.connect.runtime.ConnectMetrics;
import org.apache.kafka.connect.runtime.ConnectorConfig;
import org.apache.kafka.connect.runtime.TransformationStage;
import org.apache.kafka.connect.runtime.isolation.Plugins;
import org.apache.kafka.connect.runtime.standalone.StandaloneConfig;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.storage.HeaderConverter;
import org.apache.kafka.connect.transforms.Transformation;
import org.apache.kafka.connect.transforms.predicates.Predicate;
import org.apache.kafka.connect.util.ConnectorTaskId;

/**
 * Kafka Connect's own converters, transforms, predicates and ConfigDefs behind standard input and output: one JSON
 * request per line, one JSON answer per line, in order. tests/src/reference has the other side and says what they hold.
 *
 * An answer is {"ok": ...}, {"exception": {class, message, cause}} for what the asked class threw, or {"broken": text}
 * for a request that cannot be understood. Values lose nothing: each says its Java type, floats are their bits.
 */
public final class ConnectReference {
    /** Deeper than what Kafka's own mapper reads and writes, so that its limits are what a test sees. */
    private static final int DEPTH = 20_000;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEPTH).build())
        .streamWriteConstraints(StreamWriteConstraints.builder().maxNestingDepth(DEPTH).build())
        .build());
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final int CACHED = 512;
    /** Configured instances by class and configuration; they are asked again and again. */
    private static final Map<String, Object> INSTANCES = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Object> eldest) {
            return size() > CACHED;
        }
    };

    /** The schemas of the request: equal ones are one, as they mostly are in a worker. */
    private static final Map<JsonNode, Schema> SCHEMAS = new HashMap<>();

    /** What the asked class threw. */
    private static final class Thrown extends Exception {
        private static final long serialVersionUID = 1;

        Thrown(Throwable cause) {
            super(cause);
        }
    }

    public static void main(String[] args) throws Exception {
        // What Kafka's images and most servers have; the calendar's weeks and the names of days depend on it.
        Locale.setDefault(Locale.ENGLISH);
        PrintStream answers = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        System.setOut(System.err);
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            answers.println(answer(line));
            if (!requests.ready()) {
                answers.flush();
            }
        }
        answers.flush();
    }

    private static String answer(String line) throws Exception {
        ObjectNode answer = NODES.objectNode();
        SCHEMAS.clear();
        try {
            answer.set("ok", handle(JSON.readTree(line)));
        } catch (Thrown thrown) {
            answer.set("exception", exception(thrown.getCause()));
        } catch (Exception | LinkageError error) {
            answer.put("broken", error.toString());
        }
        return JSON.writeValueAsString(answer);
    }

    private static JsonNode handle(JsonNode request) throws Exception {
        switch (request.get("op").asText()) {
            case "transform": {
                Transformation<SourceRecord> transform = configured(request, "");
                SourceRecord record = record(request.get("record"));
                return encode(attempt(() -> transform.apply(record)));
            }
            case "predicate": {
                Predicate<SourceRecord> predicate = configured(request, "");
                SourceRecord record = record(request.get("record"));
                return NODES.booleanNode(attempt(() -> predicate.test(record)));
            }
            case "from_connect_data": {
                Converter converter = configured(request, request.get("is_key").asBoolean() ? "key" : "value");
                Schema schema = schema(request.get("schema"));
                Object value = value(request.get("value"));
                return encode(attempt(() -> converter.fromConnectData(text(request, "topic"), schema, value)));
            }
            case "to_connect_data": {
                Converter converter = configured(request, request.get("is_key").asBoolean() ? "key" : "value");
                byte[] bytes = bytes(request.get("bytes"));
                return encode(attempt(() -> converter.toConnectData(text(request, "topic"), bytes)));
            }
            case "from_connect_header": {
                HeaderConverter converter = configured(request, "header");
                Schema schema = schema(request.get("schema"));
                Object value = value(request.get("value"));
                String topic = text(request, "topic");
                String key = text(request, "header");
                return encode(attempt(() -> converter.fromConnectHeader(topic, key, schema, value)));
            }
            case "to_connect_header": {
                HeaderConverter converter = configured(request, "header");
                byte[] bytes = bytes(request.get("bytes"));
                String topic = text(request, "topic");
                return encode(attempt(() -> converter.toConnectHeader(topic, text(request, "header"), bytes)));
            }
            case "parse_string":
                return encode(attempt(() -> Values.parseString(text(request, "text"))));
            case "parse_type": {
                ConfigDef.Type type = ConfigDef.Type.valueOf(text(request, "type"));
                Object value = attempt(() -> ConfigDef.parseType(text(request, "name"), text(request, "text"), type));
                return encode(value instanceof Password ? ((Password) value).value() : value);
            }
            case "plugins":
                return plugins(text(request, "type"));
            case "enrich":
                return encode(enriched(request));
            case "enrich_validate": {
                ConfigDef definitions = enriched(request);
                return encode(definitions, attempt(() -> definitions.validate(config(request))));
            }
            case "chain":
                return encode(chain(request));
            case "config_def":
                return encode(definitions(request));
            case "validate": {
                ConfigDef definitions = definitions(request);
                return encode(definitions, attempt(() -> definitions.validate(config(request))));
            }
            default:
                throw new IllegalArgumentException("unknown op " + request.get("op"));
        }
    }

    // What a worker makes of a connector's transforms and predicates.

    private static Plugins plugins;

    private static Plugins plugins() {
        if (plugins == null) {
            plugins = new Plugins(Map.of());
        }
        Thread.currentThread().setContextClassLoader(plugins.delegatingLoader());
        return plugins;
    }

    private static JsonNode plugins(String type) {
        List<String> classes = new ArrayList<>();
        if (type.equals("transformation")) {
            plugins().transformations().forEach(plugin -> classes.add(plugin.className()));
        } else {
            plugins().predicates().forEach(plugin -> classes.add(plugin.className()));
        }
        return strings(classes);
    }

    private static ConfigDef enriched(JsonNode request) throws Thrown {
        return attempt(() -> ConnectorConfig.enrich(plugins(), ConnectorConfig.configDef(), config(request), false));
    }

    private static ConnectRecord<?> chain(JsonNode request) throws Thrown {
        Plugins plugins = plugins();
        SourceRecord record = record(request.get("record"));
        List<TransformationStage<SourceRecord>> stages = attempt(() -> stages(plugins, config(request)));
        for (TransformationStage<SourceRecord> stage : stages) {
            SourceRecord before = record;
            record = before == null ? null : attempt(() -> stage.apply(before));
        }
        return record;
    }

    /** 4.1 has metrics of each stage, and wants to know whose they are. */
    @SuppressWarnings("unchecked")
    private static List<TransformationStage<SourceRecord>> stages(Plugins plugins, Map<String, String> config)
        throws Exception {
        ConnectorConfig connector = new ConnectorConfig(plugins, config);
        for (Method method : ConnectorConfig.class.getMethods()) {
            if (method.getName().equals("transformationStages")) {
                Object[] arguments = method.getParameterCount() == 0
                    ? new Object[0]
                    : new Object[] {plugins, new ConnectorTaskId("c", 0), metrics()};
                try {
                    return (List<TransformationStage<SourceRecord>>) method.invoke(connector, arguments);
                } catch (InvocationTargetException thrown) {
                    throw thrown.getCause() instanceof Exception ? (Exception) thrown.getCause() : thrown;
                }
            }
        }
        throw new NoSuchMethodException("transformationStages");
    }

    private static ConnectMetrics metrics;

    private static ConnectMetrics metrics() {
        if (metrics == null) {
            String converter = "org.apache.kafka.connect.storage.StringConverter";
            StandaloneConfig worker = new StandaloneConfig(Map.of("bootstrap.servers", "127.0.0.1:1",
                "key.converter", converter, "value.converter", converter, "offset.storage.file.filename", "unused"));
            metrics = new ConnectMetrics("worker", worker, Time.SYSTEM, "cluster");
        }
        return metrics;
    }

    private static <T> T attempt(Callable<T> call) throws Thrown {
        try {
            return call.call();
        } catch (Exception | LinkageError | StackOverflowError error) {
            throw new Thrown(error);
        }
    }

    private static ObjectNode exception(Throwable thrown) {
        ObjectNode node = NODES.objectNode();
        node.put("class", thrown.getClass().getName());
        node.put("message", thrown.getMessage());
        node.set("cause", thrown.getCause() == null ? null : exception(thrown.getCause()));
        return node;
    }

    // Instances.

    private static Object instance(JsonNode request) throws ReflectiveOperationException {
        return Class.forName(request.get("class").asText()).getDeclaredConstructor().newInstance();
    }

    @SuppressWarnings("unchecked")
    private static <T> T configured(JsonNode request, String use) throws Exception {
        String key = request.get("class").asText() + use + request.get("config");
        if (!INSTANCES.containsKey(key)) {
            Object instance = instance(request);
            Map<String, String> config = config(request);
            attempt(() -> {
                if (instance instanceof Converter && !use.equals("header")) {
                    ((Converter) instance).configure(config, use.equals("key"));
                } else {
                    if (instance instanceof HeaderConverter) {
                        config.put("converter.type", "header");
                    }
                    ((Configurable) instance).configure(config);
                }
                return null;
            });
            INSTANCES.put(key, instance);
        }
        return (T) INSTANCES.get(key);
    }

    private static ConfigDef definitions(JsonNode request) throws ReflectiveOperationException {
        Object instance = instance(request);
        if (instance instanceof Transformation) {
            return ((Transformation<?>) instance).config();
        } else if (instance instanceof Predicate) {
            return ((Predicate<?>) instance).config();
        } else if (instance instanceof HeaderConverter) {
            return ((HeaderConverter) instance).config();
        }
        return ((Converter) instance).config();
    }

    // Requests.

    private static String text(JsonNode request, String name) {
        JsonNode node = request.get(name);
        return node == null || node.isNull() ? null : node.textValue();
    }

    private static Map<String, String> config(JsonNode request) {
        Map<String, String> config = new LinkedHashMap<>();
        request.get("config").fields().forEachRemaining(e -> config.put(e.getKey(), e.getValue().textValue()));
        return config;
    }

    private static byte[] bytes(JsonNode node) {
        return node.isNull() ? null : Base64.getDecoder().decode(node.textValue());
    }

    private static SourceRecord record(JsonNode node) {
        ConnectHeaders headers = new ConnectHeaders();
        for (JsonNode header : node.get("headers")) {
            headers.add(text(header, "key"), value(header.get("value")), schema(header.get("schema")));
        }
        return new SourceRecord(null, null, text(node, "topic"),
            node.get("partition").isNull() ? null : (Integer) node.get("partition").intValue(),
            schema(node.get("key_schema")), value(node.get("key")),
            schema(node.get("value_schema")), value(node.get("value")),
            node.get("timestamp_ms").isNull() ? null : (Long) node.get("timestamp_ms").longValue(), headers);
    }

    private static Schema schema(JsonNode node) {
        if (node == null || node.isNull()) {
            return null;
        }
        Schema known = SCHEMAS.get(node);
        if (known == null) {
            known = newSchema(node);
            SCHEMAS.put(node, known);
        }
        return known;
    }

    private static Schema newSchema(JsonNode node) {
        Map<String, String> parameters = node.has("parameters") ? new LinkedHashMap<>() : null;
        for (JsonNode pair : node.path("parameters")) {
            parameters.put(pair.get(0).textValue(), pair.get(1).textValue());
        }
        List<Field> fields = node.has("fields") ? new ArrayList<>() : null;
        for (JsonNode field : node.path("fields")) {
            fields.add(new Field(text(field, "name"), fields.size(), schema(field.get("schema"))));
        }
        return new ConnectSchema(Schema.Type.valueOf(node.get("type").asText().toUpperCase(Locale.ROOT)),
            node.path("optional").asBoolean(), value(node.path("default")), text(node, "name"),
            node.has("version") ? (Integer) node.get("version").intValue() : null, text(node, "doc"),
            parameters, fields, schema(node.get("key")), schema(node.get("value")));
    }

    private static Object value(JsonNode node) {
        if (node.isNull() || node.isMissingNode()) {
            return null;
        }
        Map.Entry<String, JsonNode> only = node.fields().next();
        JsonNode content = only.getValue();
        switch (only.getKey()) {
            case "int8": return (byte) content.intValue();
            case "int16": return (short) content.intValue();
            case "int32": return content.intValue();
            case "int64": return content.longValue();
            case "float32": return Float.intBitsToFloat((int) content.longValue());
            case "float64": return Double.longBitsToDouble(Long.parseLong(content.textValue()));
            case "boolean": return content.booleanValue();
            case "string": return content.textValue();
            case "bytes": return bytes(content);
            case "date": return new Date(content.longValue());
            case "decimal":
                return new BigDecimal(new BigInteger(text(content, "unscaled")), content.get("scale").intValue());
            case "array": {
                List<Object> list = new ArrayList<>();
                content.forEach(entry -> list.add(value(entry)));
                return list;
            }
            case "map": {
                Map<Object, Object> map = new HashMap<>();
                content.forEach(entry -> map.put(value(entry.get(0)), value(entry.get(1))));
                return map;
            }
            case "struct": {
                Struct struct = new Struct(schema(content.get("schema")));
                for (Field field : struct.schema().fields()) {
                    Object value = value(content.get("values").get(field.index()));
                    if (value != null) {
                        struct.put(field, value);
                    }
                }
                return struct;
            }
            default:
                throw new IllegalArgumentException("unknown type of value " + only.getKey());
        }
    }

    // Answers.

    private static JsonNode encode(byte[] bytes) {
        return bytes == null ? NODES.nullNode() : NODES.textNode(Base64.getEncoder().encodeToString(bytes));
    }

    private static JsonNode encode(SchemaAndValue both) {
        ObjectNode node = NODES.objectNode();
        node.set("schema", encode(both == null ? null : both.schema()));
        node.set("value", encode(both == null ? null : both.value()));
        return node;
    }

    private static JsonNode encode(ConnectRecord<?> record) {
        if (record == null) {
            return NODES.nullNode();
        }
        ObjectNode node = NODES.objectNode();
        node.put("topic", record.topic());
        node.put("partition", record.kafkaPartition());
        node.set("key_schema", encode(record.keySchema()));
        node.set("key", encode(record.key()));
        node.set("value_schema", encode(record.valueSchema()));
        node.set("value", encode(record.value()));
        node.put("timestamp_ms", record.timestamp());
        ArrayNode headers = node.putArray("headers");
        for (Header header : record.headers()) {
            ObjectNode item = headers.addObject();
            item.put("key", header.key());
            item.set("schema", encode(header.schema()));
            item.set("value", encode(header.value()));
        }
        return node;
    }

    private static JsonNode encode(Schema schema) {
        if (schema == null) {
            return NODES.nullNode();
        }
        ObjectNode node = NODES.objectNode();
        node.put("type", schema.type().getName());
        node.put("optional", schema.isOptional());
        // TimestampConverter makes a default whose schema is still being built: it has that very default.
        if (schema.defaultValue() != null && !(schema instanceof SchemaBuilder)) {
            node.set("default", encode(schema.defaultValue()));
        }
        if (schema.name() != null) {
            node.put("name", schema.name());
        }
        if (schema.version() != null) {
            node.put("version", schema.version());
        }
        if (schema.doc() != null) {
            node.put("doc", schema.doc());
        }
        if (schema.parameters() != null && !schema.parameters().isEmpty()) {
            ArrayNode parameters = node.putArray("parameters");
            schema.parameters().forEach((key, value) -> parameters.addArray().add(key).add(value));
        }
        if (schema.type() == Schema.Type.STRUCT) {
            ArrayNode fields = node.putArray("fields");
            schema.fields().forEach(f -> fields.addObject().put("name", f.name()).set("schema", encode(f.schema())));
        }
        if (schema.type() == Schema.Type.MAP) {
            node.set("key", encode(schema.keySchema()));
        }
        if (schema.type() == Schema.Type.MAP || schema.type() == Schema.Type.ARRAY) {
            node.set("value", encode(schema.valueSchema()));
        }
        return node;
    }

    private static JsonNode encode(Object value) {
        ObjectNode node = NODES.objectNode();
        if (value == null) {
            return NODES.nullNode();
        } else if (value instanceof Byte) {
            node.put("int8", (Byte) value);
        } else if (value instanceof Short) {
            node.put("int16", (Short) value);
        } else if (value instanceof Integer) {
            node.put("int32", (Integer) value);
        } else if (value instanceof Long) {
            node.put("int64", (Long) value);
        } else if (value instanceof Float) {
            node.put("float32", Integer.toUnsignedLong(Float.floatToRawIntBits((Float) value)));
        } else if (value instanceof Double) {
            node.put("float64", Long.toString(Double.doubleToRawLongBits((Double) value)));
        } else if (value instanceof Boolean) {
            node.put("boolean", (Boolean) value);
        } else if (value instanceof String) {
            // A surrogate without its pair has no UTF-8: what Java writes for it is a question mark.
            node.put("string", new String(((String) value).getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        } else if (value instanceof byte[]) {
            node.set("bytes", encode((byte[]) value));
        } else if (value instanceof ByteBuffer) {
            byte[] bytes = new byte[((ByteBuffer) value).remaining()];
            ((ByteBuffer) value).duplicate().get(bytes);
            node.set("bytes", encode(bytes));
        } else if (value instanceof Date) {
            node.put("date", ((Date) value).getTime());
        } else if (value instanceof BigDecimal) {
            BigDecimal decimal = (BigDecimal) value;
            node.putObject("decimal").put("unscaled", decimal.unscaledValue().toString()).put("scale", decimal.scale());
        } else if (value instanceof List) {
            ArrayNode array = node.putArray("array");
            ((List<?>) value).forEach(entry -> array.add(encode(entry)));
        } else if (value instanceof Map) {
            ArrayNode map = node.putArray("map");
            ((Map<?, ?>) value).forEach((k, v) -> map.addArray().add(encode(k)).add(encode(v)));
        } else if (value instanceof Struct) {
            Struct struct = (Struct) value;
            ObjectNode content = node.putObject("struct");
            content.set("schema", encode(struct.schema()));
            ArrayNode values = content.putArray("values");
            struct.schema().fields().forEach(f -> values.add(encode(struct.getWithoutDefault(f.name()))));
        } else {
            // Java lets a type through that Connect does not have; nobody may take it for another.
            node.put("unknown", value.getClass().getName() + " " + value);
        }
        return node;
    }

    // Settings.

    private static JsonNode setting(Object value, ConfigDef.Type type) {
        if (value instanceof Password) {
            return NODES.textNode(((Password) value).value());
        }
        return NODES.textNode(ConfigDef.convertToString(value, type));
    }

    private static ArrayNode strings(Iterable<?> values) {
        ArrayNode array = NODES.arrayNode();
        values.forEach(value -> array.add(String.valueOf(value)));
        return array;
    }

    private static JsonNode encode(ConfigDef definitions) {
        ArrayNode array = NODES.arrayNode();
        for (ConfigDef.ConfigKey key : definitions.configKeys().values()) {
            ObjectNode node = array.addObject();
            node.put("name", key.name);
            node.put("type", key.type.name());
            node.put("required", !key.hasDefault());
            node.set("default", key.hasDefault() ? setting(key.defaultValue, key.type) : null);
            node.put("importance", key.importance.name());
            node.put("documentation", key.documentation);
            node.put("group", key.group);
            node.put("order", key.orderInGroup);
            node.put("width", key.width.name());
            node.put("display_name", key.displayName);
            node.set("dependents", strings(key.dependents));
            node.put("validator", key.validator == null ? null : key.validator.toString());
        }
        return array;
    }

    private static JsonNode encode(ConfigDef definitions, List<ConfigValue> values) {
        ArrayNode array = NODES.arrayNode();
        for (ConfigValue value : values) {
            ObjectNode node = array.addObject();
            node.put("name", value.name());
            ConfigDef.ConfigKey key = definitions.configKeys().get(value.name());
            node.set("value", key == null ? null : setting(value.value(), key.type));
            node.set("recommended", strings(value.recommendedValues()));
            node.set("errors", strings(value.errorMessages()));
            node.put("visible", value.visible());
        }
        return array;
    }
}
