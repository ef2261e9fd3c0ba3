extension Duration {
    /// The same, but not so long that a deadline could not be told: what is longer than three years is three years.
    package var bounded: Duration { Swift.min(self, .seconds(100_000_000)) }
}
