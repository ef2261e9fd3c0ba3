import Foundation

/// Something that can go on in several ways, each of which is to be tried.
package protocol Explorable: Hashable {
    associatedtype Step

    /// What can happen next, in an order that depends on nothing but the state.
    var steps: [Step] { get }
    mutating func take(_ step: Step)
    /// What is wrong; `nil` as well where nothing can be said.
    var fault: String? { get }
    /// Whether ``fault`` compares anything here.
    var isComparable: Bool { get }
}

/// A search through every state that can be reached, nearest first, so that what it finds has a short history.
///
/// States that were seen are known by their hashes alone: that two of some millions have the same one of 64 bits does
/// not happen.
package struct Exploration<State: Explorable> {
    /// Whether there are minutes, not seconds: `make explore` says so with the variable `EVENT_EXPLORE`.
    package static var isLarge: Bool { ProcessInfo.processInfo.environment["EVENT_EXPLORE"] == "large" }

    private struct Origin {
        var parent: Int
        var step: UInt8
    }

    package private(set) var states = 0
    /// How many states were compared with what is true.
    package private(set) var comparisons = 0
    /// What is wrong, and how it came about.
    package private(set) var fault: String?

    private let start: State
    private var origins: [Int: Origin] = [:]

    /// Searches until there is a fault or no further state, or until there are more than `limit`.
    package init(from start: State, limit: Int = .max) async {
        self.start = start
        origins[start.hashValue] = Origin(parent: start.hashValue, step: .max)
        var current = [start]
        while !current.isEmpty, fault == nil, states <= limit {
            var next: [State] = []
            for state in current {
                visit(state, &next)
                guard fault == nil else { break }
                // Tests beside this one wait for events with deadlines.
                if states.isMultiple(of: 128) { await Task.yield() }
            }
            current = next
        }
    }

    private mutating func visit(_ state: State, _ next: inout [State]) {
        states += 1
        if state.isComparable { comparisons += 1 }
        let hash = state.hashValue
        if let fault = state.fault {
            self.fault = "\(fault), after \(history(of: hash).map { "\($0)" }.joined(separator: "; "))"
            return
        }
        for (place, step) in state.steps.enumerated() {
            var follower = state
            follower.take(step)
            let followerHash = follower.hashValue
            guard origins[followerHash] == nil else { continue }
            origins[followerHash] = Origin(parent: hash, step: UInt8(place))
            next.append(follower)
        }
    }

    private func history(of hash: Int) -> [State.Step] {
        var places: [UInt8] = []
        var hash = hash
        while let origin = origins[hash], origin.step != .max {
            places.append(origin.step)
            hash = origin.parent
        }
        var state = start
        return places.reversed().map { place in
            let step = state.steps[Int(place)]
            state.take(step)
            return step
        }
    }
}
