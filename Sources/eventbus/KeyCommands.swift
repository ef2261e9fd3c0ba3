import ArgumentParser
import EventZMQ

/// Makes a key pair.
struct KeygenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keygen",
        abstract: "Make a CURVE key pair: NAME.key for others, and NAME.key_secret, which only you can read.",
        discussion: """
            Prints the public key. The files are those of CZMQ and pyzmq; neither may be there already.

            Example: eventbus keygen orders && eventbus pub a.b \\
            --bus 'zmq:?publish=bind:tcp://0.0.0.0:5556&key=orders.key_secret&allow=peers'
            """
    )

    @Argument(help: "The path of the files, without an ending.")
    var name: String

    func run() async throws {
        let pair = try ZMQKeyPair.generate()
        try pair.write(name)
        try await OutputWriter.print("\(pair.publicKey)")
    }
}

/// Shows keys.
struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Look at certificate files.",
        subcommands: [Show.self]
    )

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Print the public key of a certificate file.")

        @Argument(help: "A file of either half, as 'eventbus keygen', CZMQ or pyzmq write it.")
        var file: String

        func run() async throws {
            try await OutputWriter.print("\(ZMQPublicKey(certificate: file))")
        }
    }
}
