import EventCore

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Where a secret is to be found; its description does not show it.
public struct NATSSecret: Sendable, Hashable, CustomStringConvertible, CustomReflectable {
    private enum Place: Sendable, Hashable {
        case text(String)
        case file(String)
        case environment(String)
    }

    private let place: Place

    /// A secret that the program has already.
    ///
    /// - Parameter secret: The secret.
    /// - Returns: The secret.
    public static func text(_ secret: String) -> NATSSecret { NATSSecret(place: .text(secret)) }

    /// A secret that is the first line of a file.
    ///
    /// - Parameter path: The file, which is read whenever the bus connects anew.
    /// - Returns: The secret.
    public static func file(_ path: String) -> NATSSecret { NATSSecret(place: .file(path)) }

    /// A secret in an environment variable.
    ///
    /// - Parameter name: The variable.
    /// - Returns: The secret.
    public static func environment(_ name: String) -> NATSSecret { NATSSecret(place: .environment(name)) }

    /// Reads it; no error shows it.
    func read(for use: String) throws(EventError) -> String {
        switch place {
        case .text(let text): return try check(text, "the \(use)")
        case .file(let path):
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw .invalidConfiguration("the file of the \(use), \(path), cannot be read")
            }
            let line = text.split(omittingEmptySubsequences: false) { $0.isNewline }.first
            return try check(line.map(String.init) ?? "", "the file of the \(use), \(path),")
        case .environment(let name):
            guard let text = ProcessInfo.processInfo.environment[name] else {
                throw .invalidConfiguration("the environment variable of the \(use), \(name), is not set")
            }
            return try check(text, "the environment variable of the \(use), \(name),")
        }
    }

    private func check(_ text: String, _ place: String) throws(EventError) -> String {
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw .invalidConfiguration("\(place) is empty or holds a zero byte")
        }
        return text
    }

    /// Where it is, without the secret.
    public var description: String {
        switch place {
        case .text: "a secret"
        case .file(let path): "the secret in the file \(path)"
        case .environment(let name): "the secret in $\(name)"
        }
    }

    /// Shows nothing, so that dumping it shows no secret.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
