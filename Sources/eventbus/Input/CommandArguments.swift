import ArgumentParser
import EventCore
import Foundation

/// The arguments of the program, as they stand and as the parser gets them.
enum CommandArguments {
    /// The arguments without the name of the program.
    ///
    /// Swift's own list repairs what is no UTF-8, so that it would be published as something else.
    ///
    /// - Throws: A usage error that names the argument and the byte.
    static func checked() throws(ValidationError) -> [String] {
        var arguments: [String] = []
        for number in 1..<max(1, Int(CommandLine.argc)) {
            guard let pointer = unsafe CommandLine.unsafeArgv[number] else { break }
            guard let argument = unsafe String(validatingCString: pointer) else {
                throw ValidationError("Argument \(number) is no UTF-8\(place(of: unsafe fault(in: pointer))).")
            }
            arguments.append(argument)
        }
        return arguments
    }

    /// A variable of the environment, or `nil` when it is not set.
    ///
    /// - Throws: A usage error when it is no UTF-8.
    static func environment(_ name: String) throws(ValidationError) -> String? {
        guard let pointer = unsafe getenv(name) else { return nil }
        guard let text = unsafe String(validatingCString: pointer) else {
            throw ValidationError("\(name) is no UTF-8\(place(of: unsafe fault(in: pointer))).")
        }
        return text
    }

    private static func fault(in pointer: UnsafePointer<CChar>) -> Int? {
        let bytes = unsafe UnsafeRawBufferPointer(start: pointer, count: strlen(pointer))
        return unsafe UTF8Validation.firstFault(in: Array(bytes).span)
    }

    private static func place(of fault: Int?) -> String {
        fault.map { " at byte \($0), counted from 0" } ?? ""
    }
}

/// Arguments of `eventbus pub` that begin with a minus and a digit, which the parser would take for options.
///
/// No option looks like that, but payloads do. A zero byte, which no argument can hold, stands before them while
/// they are parsed.
enum NegativeArguments {
    private static let shield: Unicode.Scalar = "\0"

    static func shielded(_ arguments: [String]) -> [String] {
        guard arguments.first == PublishCommand.configuration.commandName else { return arguments }
        let end = arguments.firstIndex(of: "--") ?? arguments.endIndex
        return arguments[..<end].map { isNegative($0) ? "\(shield)\($0)" : $0 } + arguments[end...]
    }

    /// The argument, or message, as it was without shields.
    static func restored(_ text: String) -> String {
        guard text.unicodeScalars.contains(shield) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != shield }))
    }

    private static func isNegative(_ argument: String) -> Bool {
        let bytes = argument.utf8.prefix(2)
        return bytes.count == 2 && bytes.first == UInt8(ascii: "-") && bytes.last.map { $0 &- 0x30 < 10 } == true
    }
}
