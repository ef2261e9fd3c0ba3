#ifndef CZEROMQ_SHIM_H
#define CZEROMQ_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#ifdef __linux__
#include <sys/eventfd.h>
#endif

/* Opens descriptors that wake a poll: [0] to wait on and read, [1] to write; one and the same where there is eventfd. */
static inline int czmq_wake_open(int descriptors[2]) {
#ifdef __linux__
    descriptors[0] = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    descriptors[1] = descriptors[0];
    return descriptors[0] < 0 ? -1 : 0;
#else
    if (pipe(descriptors) != 0) return -1;
    for (int end = 0; end < 2; end++) {
        fcntl(descriptors[end], F_SETFD, FD_CLOEXEC);
        fcntl(descriptors[end], F_SETFL, O_NONBLOCK);
    }
    return 0;
#endif
}

/* close(), under a name that does not collide with methods. */
static inline void czmq_close(int descriptor) { close(descriptor); }

#endif
