#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stddef.h>

/// Whether this system lets a program count its allocations; where not, every count is 0.
int allocation_counter_is_available(void);

/// Begins to count, from 0, the calls of malloc and its kind on all threads.
void allocation_counter_start(void);

/// Ends counting; returns how many calls there were.
long allocation_counter_stop(void);

/// How many bytes of the heap are in use, by all threads, as the allocator sees it.
size_t allocation_counter_heap_bytes(void);

/// Gives free memory back to the system, where the allocator can be asked to.
void allocation_counter_trim(void);

#endif
