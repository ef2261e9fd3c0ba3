import Foundation
import Testing

/// The Python programs in the documentation of the wire format.
enum WireFormatListings {
    /// The listing that makes a socket of a kind.
    static func listing(with kind: String) throws -> String {
        let listings = try listings(marked: "python")
        #expect(listings.count == 2)
        return try #require(listings.first { $0.contains(kind) })
    }

    /// The listing that reads the compact form.
    static func ofCompactForm() throws -> String {
        let listings = try listings(marked: "py")
        #expect(listings.count == 1)
        return try #require(listings.first)
    }

    private static func listings(marked language: String) throws -> [String] {
        try text().components(separatedBy: "```").enumerated()
            .filter { !$0.offset.isMultiple(of: 2) && $0.element.hasPrefix("\(language)\n") }
            .map { String($0.element.dropFirst(language.count + 1)) }
    }

    private static func text() throws -> String {
        let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        let page = package.appending(path: "Sources/EventZMQ/EventZMQ.docc/WireFormat.md")
        return try String(contentsOf: page, encoding: .utf8)
    }
}
