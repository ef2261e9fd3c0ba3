/// What a publisher tells a bus of the envelopes it has published for it: a line for each announcement.
///
/// It travels in the same pipe as the envelopes, so whoever reads it has got all of them that came before it and were not
/// lost.
package struct LedgerMessage: Hashable, Sendable {
    /// How many envelopes have been published on what an announced prefix covers, and no longer one of the same bus.
    package struct Line: Hashable, Sendable {
        /// Names the announcement: a bus uses each number once.
        package var incarnation: UInt64
        /// Names the count: another one begins when a publisher had forgotten the announcement.
        package var epoch: UInt64
        package var total: UInt64
        /// The number of the last envelope before the count began.
        package var born: UInt64 = 0
        /// When the announcement has ended, the number of the last envelope before that: nothing more is counted for it.
        package var closed: UInt64?
    }

    /// The bus that publishes.
    package var origin: String
    /// Which of its sockets this is about: each keeps a count of its own.
    package var socket: UInt64
    /// Counts the messages of that socket.
    package var serial: UInt64
    /// The number of the last envelope that was published before.
    package var number: UInt64
    /// Nothing comes after it: the publisher closes.
    package var isLast = false
    package var lines: [Line] = []

    private static let lastFlag: UInt8 = 1
    /// A frame stays below the least message size that a bus may be configured with.
    private static let maximumFrameCount = 1000

    /// The frames behind the topic: first what the message is about, then lines, as many as fit in each.
    package var frames: [[UInt8]] {
        var head = Array(origin.utf8)
        head.append(isLast ? Self.lastFlag : 0)
        for number in [socket, serial, number] { head.append(varint: number) }
        var frames = [head]
        for line in lines {
            if frames.count == 1 || frames[frames.count - 1].count > Self.maximumFrameCount - 50 { frames.append([]) }
            let last = frames.count - 1
            let epoch = line.epoch << 1 | (line.closed == nil ? 0 : 1)
            for number in [line.incarnation, epoch, line.total, line.born] { frames[last].append(varint: number) }
            if let closed = line.closed { frames[last].append(varint: closed) }
        }
        return frames
    }

    package init(origin: String, socket: UInt64, serial: UInt64, number: UInt64) {
        (self.origin, self.socket, self.serial, self.number) = (origin, socket, serial, number)
    }

    /// Reads the frames behind the topic; `nil` when they are none of this kind.
    package init?(frames: [[UInt8]]) {
        guard let head = frames.first, head.count > ControlTopic.idCount else { return nil }
        let id = head.prefix(ControlTopic.idCount)
        guard id.allSatisfy(ControlTopic.isIDByte) else { return nil }
        origin = String(decoding: id, as: UTF8.self)
        isLast = head[ControlTopic.idCount] & Self.lastFlag != 0
        var rest = head.dropFirst(ControlTopic.idCount + 1)
        guard let socket = rest.takeVarint(), let serial = rest.takeVarint(), let number = rest.takeVarint() else {
            return nil
        }
        (self.socket, self.serial, self.number) = (socket, serial, number)
        for frame in frames.dropFirst() {
            var rest = frame[...]
            while !rest.isEmpty {
                guard let incarnation = rest.takeVarint(), let epoch = rest.takeVarint(), let total = rest.takeVarint(),
                    let born = rest.takeVarint()
                else { return nil }
                var line = Line(incarnation: incarnation, epoch: epoch >> 1, total: total, born: born)
                if epoch & 1 == 1 {
                    guard let closed = rest.takeVarint() else { return nil }
                    line.closed = closed
                }
                lines.append(line)
            }
        }
    }
}

extension [UInt8] {
    /// Appends a number in groups of seven bits, the lowest first; all but the last have the highest bit set (LEB128).
    mutating func append(varint number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}

extension ArraySlice<UInt8> {
    /// Takes a number from the front; `nil` when there is none of 64 bits.
    mutating func takeVarint() -> UInt64? {
        var number: UInt64 = 0
        for shift in stride(from: 0, to: 64, by: 7) {
            guard let byte = popFirst() else { return nil }
            let bits = UInt64(byte & 0x7F)
            guard (bits << shift) >> shift == bits else { return nil }
            number |= bits << shift
            if byte & 0x80 == 0 { return number }
        }
        return nil
    }
}
