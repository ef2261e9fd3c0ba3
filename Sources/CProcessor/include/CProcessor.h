#pragma once

#ifdef __linux__

// Declared by glibc and musl in <sched.h>, but only where GNU extensions are asked for, which Swift's importer does not.
int sched_getcpu(void);

#endif

// Writes the numbers of the processors that the calling thread may run on, as many as there are places for.
//
// Returns how many there are; 0 when the system does not say.
int cprocessor_usable(int *numbers, int places);

// Asks the processor to fetch `count` cache lines from an address on, to write to them soon; touches nothing itself.
static inline void cprocessor_prefetch(const void *address, int count) {
    for (int line = 0; line < count; line++) __builtin_prefetch((const char *)address + 64 * line, 1);
}
