//! The reading process on its own, for tests: the command has it as a hidden subcommand.

fn main() -> std::process::ExitCode {
    pipeline::child::main(std::io::stdin().lock(), std::io::stdout().lock())
}
