import EventCore
package import EventMemory

extension MemoryBus {
    /// Closes the bus, and waits for that, but not longer than `limit`.
    ///
    /// Closing waits for callbacks that are under way, and an observer may take its time.
    package func close(atMost limit: Duration) async {
        let isClosed = Completion()
        Task {
            await close()
            isClosed.complete()
        }
        await isClosed.wait(atMost: limit)
    }
}
