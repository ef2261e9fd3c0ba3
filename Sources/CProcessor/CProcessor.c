#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CProcessor.h"

#include <sched.h>
#include <stddef.h>

int cprocessor_usable(int *numbers, int places) {
#ifdef __linux__
    // The kernel refuses a set that is smaller than its own, so one that grows.
    for (int bits = 1024; bits <= 1 << 16; bits *= 2) {
        cpu_set_t *set = CPU_ALLOC(bits);
        if (set == NULL) return 0;
        size_t size = CPU_ALLOC_SIZE(bits);
        int count = 0;
        int is_known = sched_getaffinity(0, size, set) == 0;
        for (int number = 0; is_known && number < bits; number++) {
            if (!CPU_ISSET_S(number, size, set)) continue;
            if (count < places) numbers[count] = number;
            count++;
        }
        CPU_FREE(set);
        if (is_known) return count;
    }
#else
    (void)numbers;
    (void)places;
#endif
    return 0;
}
