import Foundation
import ProcessSupport
import Testing

@testable import eventbus

@Suite struct SummaryFileTests {
    @Test func `checking leaves a file as it is, and writing replaces it`() async throws {
        try await withTemporaryFile(Data("before".utf8)) { path in
            let file = try SummaryFile(checking: path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "before")
            try file.write("after\n")
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "after\n")
        }
    }

    @Test func `a symbolic link stays one`() async throws {
        try await withTemporaryDirectory { directory in
            let (link, target) = (directory + "/link", directory + "/target")
            try Data().write(to: URL(filePath: target))
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            try SummaryFile(checking: link).write("text")
            #expect(try String(contentsOfFile: target, encoding: .utf8) == "text")
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["link", "target"])
        }
    }

    @Test func `a device is not replaced`() {
        #expect(throws: SystemError("/dev/null", ENOTSUP)) { try SummaryFile(checking: "/dev/null") }
    }
}
