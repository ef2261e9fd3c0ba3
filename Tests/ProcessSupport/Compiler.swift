import Foundation

/// Asks the compiler about Swift text that uses the modules of this package.
package enum Compiler {
    /// What the compiler says about text: nothing when it compiles.
    ///
    /// - Parameter source: A Swift file.
    /// - Returns: Its errors and warnings.
    /// - Throws: When there is no compiler.
    package static func diagnostics(of source: String) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "event-\(UUID().uuidString).swift")
        try Data(source.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let pipe = SpawnedProcess.pipe()
        let process = try SpawnedProcess(
            URL(filePath: "/usr/bin/env"),
            arguments: ["swiftc", "-swift-version", "6", "-typecheck", "-I", products.path, "-I"] + [
                products.appending(path: "Modules").path, file.path,
            ],
            input: .nullDevice,
            output: pipe.fileHandleForWriting,
            errors: pipe.fileHandleForWriting
        )
        try pipe.fileHandleForWriting.close()
        let text = try pipe.fileHandleForReading.readToEnd() ?? Data()
        let status = await process.status
        return status == 0 && text.isEmpty ? "" : "status \(status)\n" + String(decoding: text, as: UTF8.self)
    }

    /// The folder where the build has put the tests and the modules.
    private static var products: URL {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") } ?? .main
        let tests = bundle.bundlePath.hasSuffix(".xctest") ? bundle.bundleURL : URL(filePath: CommandLine.arguments[0])
        return tests.deletingLastPathComponent()
    }
}
