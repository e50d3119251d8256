package io.conduktor.connect.websocket;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.Config;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigValue;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.errors.ConnectException;
import org.apache.kafka.connect.source.ConnectorTransactionBoundaries;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;

/** Reads a WebSocket endpoint into a topic: one URL, one stream, one task. */
public class WebSocketSourceConnector extends SourceConnector {
    private Map<String, String> props;
    /** Has others be told of its spool. */
    private long claim;

    /** For Connect. */
    public WebSocketSourceConnector() {
    }

    @Override
    public String version() {
        return VersionUtil.getVersion();
    }

    @Override
    public void start(Map<String, String> props) {
        NativeSource.require();
        WebSocketSourceConnectorConfig.requireValid(props);
        this.props = Map.copyOf(props);
        claim = NativeSource.claimSpool(WebSocketSourceConnectorConfig.flat(props));
    }

    @Override
    public Class<? extends Task> taskClass() {
        return WebSocketSourceTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int maxTasks) {
        if (props == null) {
            throw new ConnectException("The connector has not been started");
        }
        return List.of(new HashMap<>(props));
    }

    @Override
    public void stop() {
        if (props != null) {
            NativeSource.releaseSpool(claim);
        }
        props = null;
    }

    @Override
    public ConfigDef config() {
        NativeSource.require();
        return WebSocketSourceConnectorConfig.CONFIG_DEF;
    }

    /** Every error of every setting in the native worker's words, and no secret among the values. */
    @Override
    public Config validate(Map<String, String> config) {
        NativeSource.require();
        Map<String, ConfigValue> values = new HashMap<>();
        Config result = super.validate(config);
        for (ConfigValue value : result.configValues()) {
            values.put(value.name(), value);
        }
        for (String[] setting : WebSocketSourceConnectorConfig.validation(config)) {
            ConfigValue value = values.get(setting[0]);
            if (setting[1] != null && value.value() != null) {
                value.value(WebSocketSourceConnectorConfig.shown(value.value(), setting[1]));
            }
            // The table has checked it, and says more.
            value.errorMessages().clear();
            for (int i = 2; i < setting.length; i++) {
                value.addErrorMessage(setting[i]);
            }
        }
        String shared = NativeSource.sharedSpool(WebSocketSourceConnectorConfig.flat(config));
        if (shared != null) {
            values.get(WebSocketSourceConnectorConfig.SPOOL_DIR).addErrorMessage(shared);
        }
        return result;
    }

    /**
     * A WebSocket has no position to which it could be set back, but a spool has: with {@code websocket.spool.mode=durable}
     * and {@code websocket.buffer.overflow=block} everything that was received is delivered once.
     */
    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> config) {
        NativeSource.require();
        return NativeSource.isExactlyOnce(WebSocketSourceConnectorConfig.flat(config))
            ? ExactlyOnceSupport.SUPPORTED : ExactlyOnceSupport.UNSUPPORTED;
    }

    @Override
    public ConnectorTransactionBoundaries canDefineTransactionBoundaries(Map<String, String> config) {
        return ConnectorTransactionBoundaries.UNSUPPORTED;
    }
}
