/// A hash table from (parent node, segment) to child node, as small as such a table can be: eight bytes a slot.
///
/// A slot holds the upper half of a hash and a node number; the caller confirms a candidate. Open addressing with linear
/// probing, at most half full; removal closes the gap (Knuth, The Art of Computer Programming, vol. 3, 6.4, algorithm R),
/// so no tombstones are left behind however long patterns come and go.
struct EdgeTable: Sendable {
    private struct Slot {
        var tag: UInt32 = 0
        var node: UInt32 = EdgeTable.vacant
    }

    /// The root is never a child, so its number marks a free slot.
    private static let vacant: UInt32 = 0

    private var slots: [Slot] = []
    private var mask = -1
    private(set) var count = 0

    /// The first node whose hash fits and which `confirm` accepts.
    ///
    /// - Complexity: O(1) on average.
    @inline(__always)
    func find(_ hash: UInt64, confirm: (UInt32) -> Bool) -> UInt32? {
        guard mask >= 0 else { return nil }
        let tag = UInt32(truncatingIfNeeded: hash &>> 32)
        var position = Int(tag) & mask
        while true {
            let slot = slots[position]
            if slot.node == Self.vacant { return nil }
            if slot.tag == tag, confirm(slot.node) { return slot.node }
            position = (position &+ 1) & mask
        }
    }

    /// Adds a node that is not there yet.
    mutating func insert(_ node: UInt32, _ hash: UInt64) {
        if (count + 1) * 2 > slots.count { grow() }
        place(Slot(tag: UInt32(truncatingIfNeeded: hash >> 32), node: node))
        count += 1
    }

    /// Removes a node that is there.
    mutating func remove(_ node: UInt32, _ hash: UInt64) {
        var gap = Int(UInt32(truncatingIfNeeded: hash >> 32)) & mask
        while slots[gap].node != node { gap = (gap + 1) & mask }

        var next = gap
        while true {
            next = (next + 1) & mask
            if slots[next].node == Self.vacant { break }
            let home = Int(slots[next].tag) & mask
            // An entry may fill the gap unless its home lies behind the gap on the way to where it stands.
            if (next - home) & mask >= (next - gap) & mask {
                slots[gap] = slots[next]
                gap = next
            }
        }
        slots[gap] = Slot()
        count -= 1
        if count == 0 { self = EdgeTable() }
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: max(16, old.count * 2))
        mask = slots.count - 1
        for slot in old where slot.node != Self.vacant { place(slot) }
    }

    private mutating func place(_ slot: Slot) {
        var position = Int(slot.tag) & mask
        while slots[position].node != Self.vacant { position = (position + 1) & mask }
        slots[position] = slot
    }
}
