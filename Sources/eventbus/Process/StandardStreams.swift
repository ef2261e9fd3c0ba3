import Foundation

/// Standard input, output and error, one of which may be closed when the program starts.
enum StandardStreams {
    /// Keeps the numbers of closed ones from going to a socket, which would then get what is printed.
    ///
    /// Something stands in their place that can be used in the wrong direction only, so reading and writing still fail.
    static func reserve() {
        let wrongWays = [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        // In this order: a file that is opened gets the lowest number that is free.
        for (descriptor, wrongWay) in wrongWays where fcntl(descriptor, F_GETFD) == -1 {
            _ = unsafe open("/dev/null", wrongWay | O_CLOEXEC)
        }
    }
}
