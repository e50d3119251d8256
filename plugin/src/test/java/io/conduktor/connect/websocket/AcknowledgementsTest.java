package io.conduktor.connect.websocket;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
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
        acknowledgements.add(1);
        assertEquals(0, acknowledgements.head());
        acknowledgements.add(0);
        assertEquals(2, acknowledgements.head());
        acknowledgements.add(0);
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
                acknowledgements.add(number);
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
            acknowledgements.add(number + 3);
            acknowledgements.add(number + 1);
            acknowledgements.add(number);
            assertTrue(acknowledgements.kept() <= MAX_KEPT, acknowledgements.kept() + " bits at " + number);
        }
        assertEquals(1_000_000, acknowledgements.head());
    }
}
