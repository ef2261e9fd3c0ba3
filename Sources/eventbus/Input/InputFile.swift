import Dispatch
import Foundation

/// A file or standard input, read in chunks.
final class InputFile: Sendable {
    enum Chunk: Equatable {
        case bytes([UInt8])
        case end
        case stopped
    }

    private static let chunkSize = 64 << 10

    /// The path, or a name for standard input.
    let name: String
    /// Whether it is a file that was named or redirected, and no pipe or terminal that may be left open for good.
    let hasEnd: Bool
    private let descriptor: Int32
    private let stop: StopSwitch
    /// Reads here may block for as long as they like; on the cooperative pool they would take a thread from the bus.
    private let queue = DispatchQueue(label: "eventbus.input")

    /// Opens a file, or takes standard input for `-`.
    init(path: String, stop: StopSwitch) throws(SystemError) {
        self.stop = stop
        if path == "-" {
            name = "standard input"
            descriptor = STDIN_FILENO
            var status = stat()
            hasEnd = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        } else {
            name = path
            hasEnd = true
            // A named pipe would otherwise be opened only when somebody writes to it, whatever signal comes before.
            descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw SystemError(path, errno, status: .noInput) }
        }
    }

    deinit {
        if descriptor != STDIN_FILENO { close(descriptor) }
    }

    /// Waits for what comes next, until the switch is tripped.
    func readChunk() async throws(SystemError) -> Chunk {
        let result = await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: self.read()) }
        }
        return try result.get()
    }

    private func read() -> Result<Chunk, SystemError> {
        while true {
            if stop.isTripped(orReadable: descriptor) { return .success(.stopped) }
            var code: Int32 = 0
            let chunk = unsafe [UInt8](unsafeUninitializedCapacity: Self.chunkSize) { buffer, count in
                let result = unsafe Foundation.read(descriptor, buffer.baseAddress, buffer.count)
                code = result < 0 ? errno : 0
                count = max(0, result)
            }
            switch code {
            case 0: return .success(chunk.isEmpty ? .end : .bytes(chunk))
            case EINTR, EAGAIN: continue
            default: return .failure(SystemError(name, code))
            }
        }
    }
}
