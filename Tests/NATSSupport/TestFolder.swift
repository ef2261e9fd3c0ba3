import Foundation

/// A folder of a test's own, which goes with it.
package final class TestFolder: Sendable {
    private let url = FileManager.default.temporaryDirectory.appending(path: "nats-\(UUID().uuidString)")

    package init() throws {
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// Where a file of this folder is.
    package func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file.
    ///
    /// - Returns: Where it is.
    package func write(_ text: String, as name: String) throws -> String {
        try Data("\(text)\n".utf8).write(to: URL(filePath: path(name)))
        return path(name)
    }
}
