import ArgumentParser

/// How a delivery is printed.
enum DeliveryFormat: String, CaseIterable, ExpressibleByArgument {
    case text
    case json
}
