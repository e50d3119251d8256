package io.conduktor.connect.websocket;

import java.util.BitSet;

/**
 * How many records, from the first on and without a hole, are done with. Connect tells of them one by one, from the
 * producer's thread and in no particular order. Bounded by what Connect has on its way.
 */
final class Acknowledgements {
    /** Bits below the head that are kept before the set is made anew. */
    private static final int MAX_BASE = 1 << 16;

    /** Done with, above the head: bit n is record {@code head + n}. */
    private final BitSet ahead = new BitSet();
    private int base;
    private long head;

    /** The record of this number, from 0, is done with. */
    synchronized void add(long number) {
        if (number < head) {
            return;
        }
        ahead.set(base + Math.toIntExact(number - head));
        int end = ahead.nextClearBit(base);
        if (end > base) {
            head += end - base;
            base = end;
            if (base == ahead.length()) {
                ahead.clear();
                base = 0;
            } else if (base >= MAX_BASE) {
                compact();
            }
        }
    }

    private void compact() {
        BitSet rest = ahead.get(base, ahead.length());
        ahead.clear();
        ahead.or(rest);
        base = 0;
    }

    /** The bits that memory is held for. */
    synchronized int kept() {
        return ahead.size();
    }

    /** The number of records done with. */
    synchronized long head() {
        return head;
    }
}
