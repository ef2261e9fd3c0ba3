/* Compiled before the many files that import CZeroMQ, each of which would say at length that a header is missing. */
#if !__has_include(<zmq.h>)
#error EventZMQ needs libzmq: install libzmq3-dev (Debian), zeromq-devel (Fedora) or zeromq (Homebrew), or leave its product out
#endif
