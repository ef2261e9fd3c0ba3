// Stands between the program and glibc's allocator: symbols of a program take the place of those of its libraries.
#include "AllocationCounter.h"

#include <stdatomic.h>
#include <stdlib.h>

#if defined(__GLIBC__)
#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool is_counting;
static atomic_long count_of_calls;

// One relaxed load when nothing is counted, so that timing is not disturbed.
static inline void note(void) {
    if (atomic_load_explicit(&is_counting, memory_order_relaxed)) {
        atomic_fetch_add_explicit(&count_of_calls, 1, memory_order_relaxed);
    }
}

void *malloc(size_t size) {
    note();
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    note();
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
    note();
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    note();
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
    note();
    void *memory = __libc_memalign(alignment, size);
    if (memory == NULL) return ENOMEM;
    *block = memory;
    return 0;
}

int allocation_counter_is_available(void) { return 1; }

void allocation_counter_start(void) {
    atomic_store(&count_of_calls, 0);
    atomic_store(&is_counting, 1);
}

long allocation_counter_stop(void) {
    atomic_store(&is_counting, 0);
    return atomic_load(&count_of_calls);
}

size_t allocation_counter_heap_bytes(void) {
    struct mallinfo2 info = mallinfo2();
    return info.uordblks + info.hblkhd;
}

void allocation_counter_trim(void) { malloc_trim(0); }

#else

int allocation_counter_is_available(void) { return 0; }
void allocation_counter_start(void) {}
long allocation_counter_stop(void) { return 0; }
size_t allocation_counter_heap_bytes(void) { return 0; }
void allocation_counter_trim(void) {}

#endif
