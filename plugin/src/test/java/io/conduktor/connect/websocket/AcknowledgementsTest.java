package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.conduktor.connect.websocket.Acknowledgements.Fate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AcknowledgementsTest {
    /** A set grows by doubling, beyond the bits below the head that may stay. */
    private static final int MAX_KEPT = 1 << 17;

    @Test
    void theHeadWaitsForHoles() {
        Acknowledgements acknowledgements = new Acknowledgements();
        acknowledgements.add(1, Fate.WRITTEN);
        assertEquals(0, acknowledgements.head());
        acknowledgements.add(0, Fate.WRITTEN);
        assertEquals(2, acknowledgements.head());
        acknowledgements.add(0, Fate.WRITTEN);
        assertEquals(2, acknowledgements.head());
    }

    @Test
    void anyOrderEndsAtTheEnd() {
        Random random = new Random(1);
        for (int round = 0; round < 200; round++) {
            int count = 1 + random.nextInt(500);
            List<Integer> numbers = new ArrayList<>();
            for (int number = 0; number < count; number++) {
                numbers.add(number);
            }
            Collections.shuffle(numbers, random);
            Acknowledgements acknowledgements = new Acknowledgements();
            boolean[] seen = new boolean[count];
            for (int number : numbers) {
                acknowledgements.add(number, Fate.WRITTEN);
                seen[number] = true;
                int head = 0;
                while (head < count && seen[head]) {
                    head++;
                }
                assertEquals(head, acknowledgements.head());
            }
        }
    }

    @Test
    void aHoleThatStaysNearTheHeadCostsNoMemoryForWhatIsDone() {
        Acknowledgements acknowledgements = new Acknowledgements();
        // The newest is above a hole when the head moves, so that the set is never empty.
        for (long number = 0; number < 1_000_000; number += 2) {
            acknowledgements.add(number + 3, Fate.WRITTEN);
            acknowledgements.add(number + 1, Fate.WRITTEN);
            acknowledgements.add(number, Fate.WRITTEN);
            assertTrue(acknowledgements.kept() <= MAX_KEPT, acknowledgements.kept() + " bits at " + number);
        }
        assertEquals(1_000_000, acknowledgements.head());
    }

    private static void assertTold(Acknowledgements acknowledgements, long records, long filtered, long failed,
                                   long tooLarge) {
        long[] read = new long[Acknowledgements.PLACES];
        acknowledgements.read(read);
        assertArrayEquals(new long[] {records, filtered, failed, tooLarge}, read);
    }

    @Test
    void whatIsLeftOutCountsWhenTheHeadHasPassedItAndOnce() {
        Acknowledgements acknowledgements = new Acknowledgements();
        acknowledgements.add(1, Fate.FILTERED);
        acknowledgements.add(2, Fate.FAILED);
        acknowledgements.add(2, Fate.FILTERED);
        acknowledgements.add(4, Fate.FILTERED);
        assertTold(acknowledgements, 0, 0, 0, 0);
        acknowledgements.add(0, Fate.WRITTEN);
        assertTold(acknowledgements, 3, 1, 1, 0);
        acknowledgements.add(1, Fate.FILTERED);
        acknowledgements.add(3, Fate.FILTERED);
        acknowledgements.add(6, Fate.TOO_LARGE);
        acknowledgements.add(5, Fate.WRITTEN);
        assertTold(acknowledgements, 7, 3, 1, 1);
    }

    @Test
    void whatWasNotDoneWithBelowANumberIsSoTogether() {
        Acknowledgements acknowledgements = new Acknowledgements();
        acknowledgements.add(1, Fate.WRITTEN);
        acknowledgements.add(2, Fate.FAILED);
        acknowledgements.add(6, Fate.FILTERED);
        assertEquals(3, acknowledgements.addBelow(5, Fate.FILTERED));
        assertTold(acknowledgements, 5, 3, 1, 0);
        assertEquals(0, acknowledgements.addBelow(5, Fate.FILTERED));
        assertEquals(0, acknowledgements.addBelow(2, Fate.FILTERED));
        assertEquals(1, acknowledgements.addBelow(6, Fate.WRITTEN));
        assertTold(acknowledgements, 7, 4, 1, 0);
    }

    @Test
    void inAnyOrderEachIsCountedAsWhatItWas() {
        Random random = new Random(1);
        Fate[] fates = Fate.values();
        for (int round = 0; round < 20; round++) {
            int count = 1 + random.nextInt(3 * MAX_KEPT / 2);
            List<Integer> numbers = new ArrayList<>();
            Fate[] given = new Fate[count];
            for (int number = 0; number < count; number++) {
                numbers.add(number);
                given[number] = fates[random.nextInt(fates.length)];
            }
            // As a producer's requests do, in disorder within a window.
            for (int from = 0; from < count; from += 1000) {
                Collections.shuffle(numbers.subList(from, Math.min(count, from + 1500)), random);
            }
            Acknowledgements acknowledgements = new Acknowledgements();
            for (int number : numbers) {
                acknowledgements.add(number, given[number]);
            }
            long filtered = Collections.frequency(Arrays.asList(given), Fate.FILTERED);
            long failed = Collections.frequency(Arrays.asList(given), Fate.FAILED);
            long tooLarge = Collections.frequency(Arrays.asList(given), Fate.TOO_LARGE);
            assertTold(acknowledgements, count, filtered, failed, tooLarge);
        }
    }
}
