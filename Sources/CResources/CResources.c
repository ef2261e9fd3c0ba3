#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "CResources.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

static int open_spare(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

/* Threads. */

static void *wait_for_release(void *gate) {
    pthread_mutex_lock(gate);
    pthread_mutex_unlock(gate);
    return NULL;
}

static int check_threads(int count) {
    if (count <= 0) return 0;
    pthread_t *threads = calloc((size_t)count, sizeof *threads);
    if (threads == NULL) return ENOMEM;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    int started = 0, error = 0;
    /* All of them at once: those that are held back here are what is needed later. */
    pthread_mutex_lock(&gate);
    while (started < count && error == 0) {
        error = pthread_create(&threads[started], NULL, wait_for_release, &gate);
        if (error == 0) started++;
    }
    pthread_mutex_unlock(&gate);
    for (int place = 0; place < started; place++) pthread_join(threads[place], NULL);
    pthread_mutex_destroy(&gate);
    free(threads);
    return error;
}

/* Descriptors. */

int cresources_check(int descriptors, int threads) {
    if (descriptors < 0) descriptors = 0;
    int *taken = calloc((size_t)descriptors + 1, sizeof *taken);
    if (taken == NULL) return ENOMEM;
    int count = 0, error = 0;
    while (count < descriptors && error == 0) {
        taken[count] = open_spare();
        if (taken[count] < 0) error = errno;
        else count++;
    }
    while (count > 0) close(taken[--count]);
    free(taken);
    return error != 0 ? error : check_threads(threads);
}

static int is_local(int descriptor, const char *path, unsigned short port) {
    union {
        struct sockaddr any;
        struct sockaddr_un local;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name;
    memset(&name, 0, sizeof name);
    socklen_t length = sizeof name - 1;
    if (getsockname(descriptor, &name.any, &length) != 0) return 0;
    if (path == NULL) {
        return (name.any.sa_family == AF_INET && ntohs(name.v4.sin_port) == port)
            || (name.any.sa_family == AF_INET6 && ntohs(name.v6.sin6_port) == port);
    }
    if (name.any.sa_family != AF_UNIX) return 0;
    if (path[0] != '@') return strcmp(name.local.sun_path, path) == 0;
    size_t count = strlen(path);
    return length == offsetof(struct sockaddr_un, sun_path) + count && name.local.sun_path[0] == 0
        && memcmp(name.local.sun_path + 1, path + 1, count - 1) == 0;
}

int cresources_cut(int connection, const char *path, unsigned short port) {
    /* A copy stays what it is, whatever becomes of the number; where there can be none, the risk is a peer of ours. */
    int copy = fcntl(connection, F_DUPFD_CLOEXEC, 0);
    if (copy < 0 && errno != EMFILE) return errno;
    int socket = copy < 0 ? connection : copy;
    int error = is_local(socket, path, port) ? 0 : ENOTCONN;
    if (error == 0 && shutdown(socket, SHUT_RDWR) != 0) error = errno;
    if (copy >= 0) close(copy);
    return error;
}

/* A socket that does not wait, and the address of a path: -1 and errno when there can be none. */
static int unix_socket(const char *path, struct sockaddr_un *address) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) >= sizeof address->sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address->sun_path, path);
    int descriptor = socket(AF_UNIX, SOCK_STREAM, 0);
    if (descriptor < 0) return -1;
    if (fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0 && fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0) return descriptor;
    int error = errno;
    close(descriptor);
    errno = error;
    return -1;
}

int cresources_probe(const char *path) {
    struct sockaddr_un address;
    int descriptor = unix_socket(path, &address);
    if (descriptor < 0) return errno;
    int error = 0;
    if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) error = errno;
    close(descriptor);
    return error == EAGAIN || error == EINPROGRESS ? 0 : error;
}

int cresources_listen(const char *path, unsigned mode, int backlog) {
    struct sockaddr_un address;
    int listener = unix_socket(path, &address);
    if (listener < 0) return -1;
    int isBound = bind(listener, (struct sockaddr *)&address, sizeof address) == 0;
    if (isBound && chmod(path, (mode_t)mode) == 0 && listen(listener, backlog) == 0) return listener;
    int error = errno;
    if (isBound) unlink(path);
    close(listener);
    errno = error;
    return -1;
}

#ifdef __linux__

/*
 * The inode of the socket that is guarded, for each descriptor; numbers of descriptors are used again, inodes are not.
 *
 * Why reading it needs no lock: each entry is one number, written by whoever has just opened the listener and compared by
 * whoever accepts at it. A number that is old fits no open socket, so it reads as "not guarded", which is what the system
 * call alone would do. The spare descriptor is opened before the store and used under the mutex.
 */
enum { maximum = 1 << 16 };
static _Atomic uint64_t guarded[maximum];
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int spare = -1;

static uint64_t inode(int descriptor) {
    struct stat status;
    return fstat(descriptor, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

int cresources_guard(int listener) {
    if (listener < 0 || listener >= maximum) return EBADF;
    pthread_mutex_lock(&mutex);
    if (spare < 0) spare = open_spare();
    int error = spare < 0 ? errno : 0;
    pthread_mutex_unlock(&mutex);
    if (error == 0) atomic_store(&guarded[listener], inode(listener));
    return error;
}

static int is_guarded(int listener) {
    if (listener < 0 || listener >= maximum) return 0;
    uint64_t expected = atomic_load(&guarded[listener]);
    return expected != 0 && expected == inode(listener);
}

/*
 * So many descriptors below the limit are not for connections: the rest of the program opens files as well, and
 * Dispatch ends the process when it cannot read how many of its threads run, which it does every second.
 */
enum { kept = 16 };

static int is_kept(int descriptor) {
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && (rlim_t)descriptor + kept >= limit.rlim_cur;
}

/*
 * Stands before the one of the C library for the whole program: the linker resolves libzmq's call to this one, since
 * the program comes before its libraries. For every listener that is not guarded it is the system call and nothing else.
 */
int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
    int accepted = (int)syscall(SYS_accept4, listener, address, length, flags);
    if (accepted >= 0) {
        /* The lowest number that is free is taken, so one near the limit means that few are left. */
        if (!is_kept(accepted) || !is_guarded(listener)) return accepted;
        close(accepted);
        errno = ENFILE;
        return -1;
    }
    if (errno != EMFILE && errno != ENFILE) return accepted;
    int error = errno;
    if (is_guarded(listener)) {
        pthread_mutex_lock(&mutex);
        if (spare >= 0) close(spare);
        /* Whoever waits is let in and sent away, or the listener would stay readable, and libzmq ask again at once. */
        accepted = (int)syscall(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (accepted >= 0) close(accepted);
        spare = open_spare();
        pthread_mutex_unlock(&mutex);
        error = ENFILE;
    }
    errno = error;
    return -1;
}

#else

int cresources_guard(int listener) { return 0; }

#endif
