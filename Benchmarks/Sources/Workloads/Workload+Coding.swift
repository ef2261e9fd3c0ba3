import EventCore
import Foundation

extension Workload {
    static var coding: [Workload] {
        [
            Workload(
                "envelope-make",
                "Envelope with a small struct payload and two headers",
                per: "envelope",
                target: 2500
            ) {
                Session { passes in
                    for _ in 0..<passes {
                        let headers = [Envelope.HeaderKey.runID: "r17-4a6f", Envelope.HeaderKey.tenant: "acme-europe"]
                        _ = try Envelope(subject: Samples.busy, payload: Samples.Step(), headers: headers)
                    }
                }
            },
            Workload("json-encode", "envelope header JSON, encode (190 bytes)", per: "envelope", target: 250) {
                let envelope = Samples.header()
                return Session { passes in
                    for _ in 0..<passes { _ = try envelope.jsonData() }
                }
            },
            Workload("json-decode", "envelope header JSON, decode (190 bytes)", per: "envelope", target: 600) {
                let json = try Samples.header().jsonData()
                return Session { passes in
                    for _ in 0..<passes { _ = try Envelope(jsonData: json) }
                }
            },
        ]
    }
}
