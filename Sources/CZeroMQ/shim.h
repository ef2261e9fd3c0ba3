#ifndef CZEROMQ_SHIM_H
#define CZEROMQ_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
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

/* Whether anything listens on a Unix-domain socket: 0 when it does, otherwise the error number of connect(). */
static inline int czmq_unix_probe(const char *path) {
    struct sockaddr_un address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address.sun_path) return ENAMETOOLONG;
    strcpy(address.sun_path, path);

    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (descriptor < 0) return errno;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    int error = 0;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) error = errno;
    close(descriptor);
    return error == EAGAIN || error == EINPROGRESS ? 0 : error;
}

#endif
