#pragma once

#ifdef __linux__

// Declared by glibc and musl in <sched.h>, but only where GNU extensions are asked for, which Swift's importer does not.
int sched_getcpu(void);

#endif
