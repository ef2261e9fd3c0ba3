import Foundation

/// What a process has open.
package struct ProcessResources: Codable, Sendable, Hashable {
    package var descriptors: Int
    package var threads: Int

    /// What this process has open; there has to be a `/proc`.
    package static func current() throws -> ProcessResources {
        ProcessResources(descriptors: try count("fd"), threads: try count("task"))
    }

    /// Whether there is more of anything; of threads there may be fewer, for the system ends idle ones.
    package func exceeds(_ other: ProcessResources) -> Bool {
        descriptors > other.descriptors || threads > other.threads
    }

    private static func count(_ name: String) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/self/\(name)").count
    }
}
