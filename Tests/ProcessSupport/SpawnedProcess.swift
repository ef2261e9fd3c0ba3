import EventCore
package import Foundation

/// A process of its own, for tests that run programs.
///
/// Foundation's `Process` crashed in `run()` now and then while many descriptors were open in the process that starts
/// it. This one asks posix_spawn(3) for what a test needs: three descriptors, an environment, and default signals.
package final class SpawnedProcess: Sendable {
    /// Why a process could not be started.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package let identifier: pid_t
    /// `nil` while the process runs.
    private let end = Lock<Int32?>(nil)
    private let ended: AsyncStream<Int32>
    private let statusTask: Task<Int32, Never>

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - executable: The program.
    ///   - arguments: Its arguments, without its name.
    ///   - environment: Its environment.
    ///   - input: What its standard input reads from.
    ///   - output: What its standard output writes to.
    ///   - errors: What its standard error writes to.
    /// - Throws: ``Failure``.
    package init(
        _ executable: URL,
        arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment,
        input: FileHandle,
        output: FileHandle,
        errors: FileHandle
    ) throws {
        identifier = try Self.spawn(
            executable.path,
            [executable.path] + arguments,
            environment.map { "\($0)=\($1)" },
            [input.fileDescriptor, output.fileDescriptor, errors.fileDescriptor]
        )
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        statusTask = Task { await ended.first { _ in true } ?? -SIGKILL }
        Thread.detachNewThread { [self] in
            continuation.yield(wait())
            continuation.finish()
        }
    }

    package var isRunning: Bool { end.withLock { $0 == nil } }

    /// The exit status, or minus the number of the signal that ended the process; waits for the end.
    package var status: Int32 {
        get async { await statusTask.value }
    }

    /// Sends a signal, unless the process has ended.
    package func send(_ signal: Int32) {
        // Under the lock, for once the end is taken note of the number may be another process's.
        end.withLock { end in
            if end == nil { _ = kill(identifier, signal) }
        }
    }

    private func wait() -> Int32 {
        // The end is noticed first and taken note of under the lock, so that no signal goes astray.
        var information = unsafe siginfo_t()
        while unsafe waitid(P_PID, id_t(identifier), &information, WEXITED | WNOWAIT) == -1, errno == EINTR {}
        return end.withLock { end in
            var status: Int32 = 0
            while unsafe waitpid(identifier, &status, 0) == -1, errno == EINTR {}
            let signal = status & 0x7F
            let result = signal == 0 ? (status >> 8) & 0xFF : -signal
            end = result
            return result
        }
    }

    /// A pipe that other processes started by this type do not inherit, or its end would never come.
    package static func pipe() -> Pipe {
        starting.withLock { _ in
            let pipe = Pipe()
            for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
            return pipe
        }
    }

    /// Held while a process is started, and while a pipe is made that it must not inherit.
    private static let starting = Lock(())

    private static func spawn(
        _ path: String,
        _ arguments: [String],
        _ environment: [String],
        _ descriptors: [Int32]
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        for (place, descriptor) in descriptors.enumerated() {
            unsafe posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(place))
        }
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        unsafe sigemptyset(&none)
        unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(&attributes, &none)
        unsafe posix_spawnattr_setsigdefault(&attributes, &all)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        let argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (argumentPointers + environmentPointers).forEach { unsafe free($0) } }
        var identifier: pid_t = 0
        let code = starting.withLock { _ in
            // Libraries leave sockets open to children, where a connection would outlive its end here.
            for descriptor in Int32(descriptors.count)..<1024 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
            return unsafe posix_spawn(&identifier, path, &actions, &attributes, argumentPointers, environmentPointers)
        }
        guard code == 0 else {
            throw Failure(description: "\(path) cannot be started: \(unsafe String(cString: strerror(code)))")
        }
        return identifier
    }
}
