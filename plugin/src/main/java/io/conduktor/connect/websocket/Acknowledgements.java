package io.conduktor.connect.websocket;

import java.util.BitSet;

/**
 * How many records, from the first on and without a hole, are done with, and what has become of them. Connect tells of
 * them one by one, from the producer's thread and in no particular order. Bounded by what Connect has on its way.
 */
final class Acknowledgements {
    /** Bits below the head that are kept before the sets are made anew. */
    private static final int MAX_BASE = 1 << 16;

    /** What becomes of a record. */
    enum Fate {
        /** Kafka has it. */
        WRITTEN,
        /** Connect has not written it. */
        FILTERED,
        /** Connect never had it. */
        FAILED
    }

    /** Places of what {@link #read} tells: those done with, and which of them were left out. */
    static final int RECORDS = 0;
    static final int FILTERED = 1;
    static final int FAILED = 2;
    static final int PLACES = 3;

    /** Done with, above the head: bit {@code base + n} is record {@code head + n}. */
    private final BitSet ahead = new BitSet();
    /** Which of those were left out; most have no such bits, and nothing is looked for then. */
    private final BitSet filteredAhead = new BitSet();
    private final BitSet failedAhead = new BitSet();
    private long leftOutAhead;
    private int base;
    private long head;
    private long filtered;
    private long failed;

    /** The record of this number, from 0, is done with; what was told of it first counts. */
    synchronized void add(long number, Fate fate) {
        if (number >= head) {
            mark(bit(number), fate);
            advance();
        }
    }

    /** The records below {@code end} that were not done with are so now; how many they are. */
    synchronized long addBelow(long end, Fate fate) {
        if (end <= head) {
            return 0;
        }
        int last = bit(end);
        long open = 0;
        for (int bit = ahead.nextClearBit(base); bit < last; bit = ahead.nextClearBit(bit + 1)) {
            mark(bit, fate);
            open++;
        }
        advance();
        return open;
    }

    private int bit(long number) {
        return base + Math.toIntExact(number - head);
    }

    private void mark(int bit, Fate fate) {
        if (fate != Fate.WRITTEN && !ahead.get(bit)) {
            (fate == Fate.FILTERED ? filteredAhead : failedAhead).set(bit);
            leftOutAhead++;
        }
        ahead.set(bit);
    }

    private void advance() {
        int end = ahead.nextClearBit(base);
        if (end > base) {
            count(end);
            head += end - base;
            base = end;
            if (base == ahead.length()) {
                ahead.clear();
                filteredAhead.clear();
                failedAhead.clear();
                base = 0;
            } else if (base >= MAX_BASE) {
                compact(ahead);
                compact(filteredAhead);
                compact(failedAhead);
                base = 0;
            }
        }
    }

    private void count(int end) {
        for (int bit = base; leftOutAhead > 0 && bit < end; bit++) {
            boolean isFiltered = filteredAhead.get(bit);
            boolean isFailed = failedAhead.get(bit);
            filtered += isFiltered ? 1 : 0;
            failed += isFailed ? 1 : 0;
            leftOutAhead -= isFiltered || isFailed ? 1 : 0;
        }
    }

    private void compact(BitSet bits) {
        BitSet rest = bits.get(base, Math.max(base, bits.length()));
        bits.clear();
        bits.or(rest);
    }

    /** The bits that memory is held for. */
    synchronized int kept() {
        return Math.max(ahead.size(), Math.max(filteredAhead.size(), failedAhead.size()));
    }

    /** The number of records done with. */
    synchronized long head() {
        return head;
    }

    /** Tells of the records that are done with, all of one moment. */
    synchronized void read(long[] into) {
        into[RECORDS] = head;
        into[FILTERED] = filtered;
        into[FAILED] = failed;
    }
}
