#ifndef CRESOURCES_H
#define CRESOURCES_H

/*
 * What keeps libzmq from ending the process when descriptors or threads run out: it asserts that there are enough.
 */

/* Whether so many descriptors and threads could be had right now: 0, or EMFILE, ENFILE, ENOMEM or EAGAIN. */
int cresources_check(int descriptors, int threads);

/*
 * Guards a listening socket: when accept4() finds hardly a descriptor left there, it takes the connection, with a spare
 * one if it must, closes it, and fails with ENFILE. libzmq ends the process when it reads EMFILE from an ipc listener,
 * and with tcp it turns in a circle. It ends with the socket. Elsewhere than on Linux nothing is guarded.
 *
 * Returns 0, or the error number when there is not even a descriptor to spare.
 */
int cresources_guard(int listener);

/*
 * Shuts a connection down that a listener at a path ("@" and a name for one without a file), or with NULL at a TCP port,
 * has accepted: 0, or an error number when the descriptor is none of it.
 */
int cresources_cut(int connection, const char *path, unsigned short port);

/* Whether anything listens on a Unix-domain socket: 0 when it does, otherwise the error number of connect(). */
int cresources_probe(const char *path);

/* The mode of a socket file is set before anyone can connect: a listening socket at a path, or -1 and errno. */
int cresources_listen(const char *path, unsigned mode, int backlog);

#endif
