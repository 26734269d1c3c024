//! The program: its command line and its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    punchgate::cli::main()
}
