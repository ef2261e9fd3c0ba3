/// How the victim can be reached.
enum Setting: String, CaseIterable, Sendable {
    case tcp, ipc
    /// Over TCP with CURVE; and at one more endpoint of a path, where the kernel says who connects.
    case keys
    /// Over a NATS server.
    case nats
}
