import ArgumentParser
import Testing

@testable import eventbus

@Suite struct HeaderArgumentTests {
    @Test(
        arguments: [
            ("run_id=r1", "run_id", "r1"), ("k=", "k", ""), ("k=a=b", "k", "a=b"), ("日本=値", "日本", "値"),
            (" k = v ", " k ", " v "),
        ]
    )
    func `the first equals sign separates`(argument: String, key: String, value: String) throws {
        let condition = try HeaderArgument(argument: argument)
        #expect(condition.key == key)
        #expect(condition.value == value)
    }

    @Test("is no condition", arguments: ["", "k", "=", "=v"])
    func refuses(_ argument: String) {
        #expect(throws: ValidationError.self) { try HeaderArgument(argument: argument) }
    }
}
