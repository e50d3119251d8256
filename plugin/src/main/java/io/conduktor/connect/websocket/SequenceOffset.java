package io.conduktor.connect.websocket;

import java.util.AbstractMap;
import java.util.Map;
import java.util.Set;

/** A record's source offset: {@code session_id} and {@code sequence}, in little memory. */
final class SequenceOffset extends AbstractMap<String, Object> {
    static final String SESSION_ID = "session_id";
    static final String SEQUENCE = "sequence";

    private final String sessionId;
    private final long sequence;

    SequenceOffset(String sessionId, long sequence) {
        this.sessionId = sessionId;
        this.sequence = sequence;
    }

    @Override
    public Object get(Object key) {
        if (SEQUENCE.equals(key)) {
            return sequence;
        }
        return SESSION_ID.equals(key) ? sessionId : null;
    }

    @Override
    public boolean containsKey(Object key) {
        return get(key) != null;
    }

    @Override
    public int size() {
        return 2;
    }

    @Override
    public Set<Map.Entry<String, Object>> entrySet() {
        return Set.of(Map.entry(SEQUENCE, sequence), Map.entry(SESSION_ID, sessionId));
    }
}
