import CLibFuzzer

/// Gives one decoder whatever libFuzzer makes up: `fuzz --decoder=NAME`, then options of libFuzzer and folders of inputs.
///
/// Without a name that is known it prints the names. libFuzzer passes over options with two dashes.
@main
enum Fuzz {
    private static let option = "--decoder="
    private static let decoder = Decoder.all.first { CommandLine.arguments.contains(option + $0.name) }

    static func main() {
        guard decoder != nil else { return Decoder.all.forEach { print($0.name) } }
        var count = CommandLine.argc
        var words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = unsafe CommandLine.unsafeArgv
        _ = unsafe LLVMFuzzerRunDriver(&count, &words) { bytes, count in
            Fuzz.decoder?.check(unsafe Array(UnsafeBufferPointer(start: bytes, count: count)))
            return 0
        }
    }
}
