import ArgumentParser

/// Placeholder
@main
struct RegressionGuard: AsyncParsableCommand {
}
