/// Reads a file in batches of lines, with one chunk and one line of it in memory.
struct LineReader {
    private let input: InputFile
    private var splitter: LineSplitter
    let limits: EnvelopeLimits
    private var isAtEnd = false
    /// Whether the switch was tripped in the middle of a line, or before the end of an input that has one.
    private(set) var isCutShort = false

    init(_ input: InputFile, limits: EnvelopeLimits = .standard) {
        self.input = input
        self.limits = limits
        splitter = LineSplitter(maximumLength: limits.line)
    }

    /// The name of the file, for messages.
    var name: String { input.name }

    /// The lines that the next chunk completes, or `nil` at the end of the file or once its switch is tripped.
    mutating func nextBatch() async throws(SystemError) -> [Line]? {
        guard !isAtEnd else { return nil }
        switch try await input.readChunk() {
        case .bytes(let bytes):
            splitter.append(bytes)
            var lines: [Line] = []
            while !isAtEnd, let line = splitter.next() {
                lines.append(line)
                // What follows would be as many faults as it has lines.
                isAtEnd = line.content == .utf16
            }
            return lines
        case .end:
            isAtEnd = true
            return splitter.finish().map { [$0] }
        case .stopped:
            isAtEnd = true
            isCutShort = input.hasEnd || splitter.isInsideLine
            return nil
        }
    }
}
