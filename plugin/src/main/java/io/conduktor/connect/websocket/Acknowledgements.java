package io.conduktor.connect.websocket;

import java.util.Arrays;
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
        /** Connect never had it, as no value could be made of it. */
        FAILED,
        /** Connect never had it, for its size. */
        TOO_LARGE;

        /** The place of its number in what {@link #read} tells. */
        int place() {
            return ordinal();
        }
    }

    /** The place of those done with in what {@link #read} tells; of those left out, their fates have each its own. */
    static final int RECORDS = Fate.WRITTEN.place();
    static final int PLACES = Fate.values().length;

    /** Done with, above the head: bit {@code base + n} is record {@code head + n}. */
    private final BitSet ahead = new BitSet();
    /** Which of those were left out; most have no such bits, and nothing is looked for then. */
    private final BitSet[] leftOutAhead = new BitSet[PLACES];
    private long leftOutBits;
    private int base;
    private long head;
    private final long[] leftOut = new long[PLACES];

    Acknowledgements() {
        Arrays.setAll(leftOutAhead, place -> new BitSet());
    }

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
            leftOutAhead[fate.place()].set(bit);
            leftOutBits++;
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
                for (BitSet bits : leftOutAhead) {
                    bits.clear();
                }
                base = 0;
            } else if (base >= MAX_BASE) {
                compact(ahead);
                for (BitSet bits : leftOutAhead) {
                    compact(bits);
                }
                base = 0;
            }
        }
    }

    private void count(int end) {
        for (int bit = base; leftOutBits > 0 && bit < end; bit++) {
            for (int place = 0; place < PLACES; place++) {
                if (leftOutAhead[place].get(bit)) {
                    leftOut[place]++;
                    leftOutBits--;
                }
            }
        }
    }

    private void compact(BitSet bits) {
        BitSet rest = bits.get(base, Math.max(base, bits.length()));
        bits.clear();
        bits.or(rest);
    }

    /** The bits that memory is held for. */
    synchronized int kept() {
        int most = ahead.size();
        for (BitSet bits : leftOutAhead) {
            most = Math.max(most, bits.size());
        }
        return most;
    }

    /** The number of records done with. */
    synchronized long head() {
        return head;
    }

    /** Tells of the records that are done with, all of one moment. */
    synchronized void read(long[] into) {
        System.arraycopy(leftOut, 0, into, 0, PLACES);
        into[RECORDS] = head;
    }
}
