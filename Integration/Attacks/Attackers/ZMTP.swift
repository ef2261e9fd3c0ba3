/// The bytes of ZeroMQ's protocol (RFC 23 and 26), well-formed and otherwise.
enum ZMTP {
    /// What both ends begin with.
    static func greeting(
        version: (major: UInt8, minor: UInt8) = (3, 1),
        mechanism: String = "NULL",
        asServer: Bool = false
    ) -> [UInt8] {
        let signature: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F]
        let name = Array(mechanism.utf8)
        return signature + [version.major, version.minor] + name + zeros(20 - name.count) + [asServer ? 1 : 0]
            + zeros(31)
    }

    /// A message's part.
    static func frame(_ body: [UInt8], hasMore: Bool = false) -> [UInt8] {
        framed(body, flags: hasMore ? 1 : 0)
    }

    static func message(_ frames: [[UInt8]]) -> [UInt8] {
        frames.enumerated().flatMap { frame($1, hasMore: $0 < frames.count - 1) }
    }

    static func command(_ name: String, _ body: [UInt8] = []) -> [UInt8] {
        framed([UInt8(name.utf8.count)] + name.utf8 + body, flags: 4)
    }

    /// The head of a frame that announces more than ever comes.
    static func announcement(of count: UInt64, isCommand: Bool) -> [UInt8] {
        [isCommand ? 6 : 2] + bytes(count)
    }

    static func ready(as kind: String, _ properties: [String: [UInt8]] = [:]) -> [UInt8] {
        let all = properties.merging(["Socket-Type": Array(kind.utf8)]) { $1 }
        return command("READY", all.flatMap { property($0, $1) })
    }

    /// All that a peer without keys needs to be let in.
    static func entrance(as kind: String, _ properties: [String: [UInt8]] = [:]) -> [UInt8] {
        greeting() + ready(as: kind, properties)
    }

    static func subscription(to prefix: [UInt8]) -> [UInt8] { frame([1] + prefix) }

    static func withdrawal(of prefix: [UInt8]) -> [UInt8] { frame([0] + prefix) }

    /// The first command of CURVE, with junk where keys and boxes belong.
    static func hello(count: Int = 200) -> [UInt8] {
        let head: [UInt8] = [1, 0] + zeros(72)
        return command("HELLO", head + random(count - 6 - head.count))
    }

    // MARK: Bytes

    static func zeros(_ count: Int) -> [UInt8] { Array(repeating: 0, count: count) }

    static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in .random(in: 0...255) } }

    /// The highest first.
    static func bytes(_ number: UInt64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    private static func property(_ name: String, _ value: [UInt8]) -> [UInt8] {
        [UInt8(name.utf8.count)] + name.utf8 + bytes(UInt64(value.count)).suffix(4) + value
    }

    private static func framed(_ body: [UInt8], flags: UInt8) -> [UInt8] {
        guard body.count > 255 else { return [flags, UInt8(body.count)] + body }
        return [flags | 2] + bytes(UInt64(body.count)) + body
    }
}
