import Foundation
import Testing

@testable import eventbus

@Suite struct TextEncodingTests {
    @Test(arguments: ["{\"subject\":\"a\"}", "12", "  {}", "ab\n"])
    func `text that is UTF-16 is told from UTF-8`(text: String) throws {
        let encodings: [String.Encoding] = [.utf16, .utf16LittleEndian, .utf16BigEndian, .utf32]
        for encoding in encodings {
            #expect(TextEncoding.isUTF16(try #require(text.data(using: encoding))))
        }
        #expect(!TextEncoding.isUTF16(Data(text.utf8)))
        #expect(!TextEncoding.isUTF16(Data("\u{FEFF}\(text)".utf8)))
    }

    @Test(
        arguments: [[], [0], [0, 0x0A, 0x7B, 0x22], [0xFF, 0xFE], [0xFF, 0xFE, 0x0A], [0, 0, 0, 0], [0x7B, 0]]
            as [[UInt8]]
    )
    func `other bytes are not`(bytes: [UInt8]) {
        #expect(!TextEncoding.isUTF16(bytes))
    }

    @Test func `the mark of UTF-8 is taken off once`() {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        #expect(Array(TextEncoding.withoutMark(mark + mark + [0x61])) == mark + [0x61])
        #expect(Array(TextEncoding.withoutMark(mark.dropLast())) == [0xEF, 0xBB])
    }
}
