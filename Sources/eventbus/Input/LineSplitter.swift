/// Splits bytes that come in chunks into lines, and holds no more than one line and one chunk.
///
/// A mark at the beginning that says the input is UTF-8 is no part of the first line. Append a chunk, take lines until there is none, repeat; then ``finish()``. Lines end with a line feed, the last one
/// also with the input; a carriage return before the line feed is not part of the line. How the input is cut into
/// chunks makes no difference.
struct LineSplitter {
    /// The greatest length of a line that is kept, in bytes.
    static let defaultMaximumLength = EnvelopeLimits.standard.line
    /// From this length on, a line gets the room for the longest usual one at once: growing by and by takes twice as much.
    private static let longLine = 1 << 20

    private let maximumLength: Int
    private var buffer: [UInt8] = []
    /// Where the next line begins in the buffer.
    private var start = 0
    /// Where to go on looking for the end of that line.
    private var searched = 0
    /// How much of that line was thrown away already because it is too long.
    private var discarded = 0
    private var lineNumber = 0

    init(maximumLength: Int = defaultMaximumLength) {
        self.maximumLength = maximumLength
    }

    /// Adds what comes next in the input.
    mutating func append(_ chunk: [UInt8]) {
        if start > 0 {
            buffer.removeSubrange(..<start)
            searched -= start
            start = 0
        }
        if buffer.count > Self.longLine {
            buffer.reserveCapacity(min(maximumLength, Self.defaultMaximumLength) + chunk.count)
        }
        buffer += chunk
    }

    /// Whether a line has begun that has not ended yet, once all complete ones are taken.
    var isInsideLine: Bool { start < buffer.count || discarded > 0 }

    /// The next complete line, or `nil` until more is appended.
    mutating func next() -> Line? {
        guard let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) else {
            searched = buffer.count
            discardWhenTooLong()
            return nil
        }
        defer {
            start = end + 1
            searched = start
        }
        return line(endingAt: end)
    }

    /// The last line, when the input ends without a line feed.
    mutating func finish() -> Line? {
        guard isInsideLine else { return nil }
        defer {
            buffer = []
            start = 0
            searched = 0
        }
        return line(endingAt: buffer.count)
    }

    private mutating func line(endingAt end: Int) -> Line {
        let length = discarded + end - start
        discarded = 0
        lineNumber += 1
        guard length <= maximumLength else {
            return Line(number: lineNumber, content: .tooLong(byteCount: length))
        }
        var bytes = buffer[start..<end]
        if lineNumber == 1 {
            guard !TextEncoding.isUTF16(bytes) else { return Line(number: lineNumber, content: .utf16) }
            bytes = TextEncoding.withoutMark(bytes)
        }
        return Line(number: lineNumber, content: .bytes(bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes))
    }

    private mutating func discardWhenTooLong() {
        let length = discarded + buffer.count - start
        guard length > maximumLength else { return }
        discarded = length
        buffer = []
        start = 0
        searched = 0
    }
}
