/// Whether so much is sent that envelopes should leave together.
///
/// It counts between two looks of the service thread, which come a millisecond apart while anything is sent. What is sent
/// at a lower rate leaves at once and alone: a batch waits for the service thread, which takes longer.
struct BusyMeter: Sendable {
    /// More envelopes than this between two looks are many.
    static let usualLimit = 64

    let limit: Int
    private var count = 0
    /// Whether there were many between the last two looks, or have been since.
    private(set) var isBusy = false

    init(limit: Int) {
        self.limit = limit
    }

    /// An envelope is sent.
    mutating func sent() {
        count += 1
        if count > limit { isBusy = true }
    }

    /// The service thread looks.
    mutating func look() {
        isBusy = count > limit
        count = 0
    }
}
