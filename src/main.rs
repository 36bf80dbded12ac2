//! Arguments in, exit code out; everything else is in the library.

fn main() -> std::process::ExitCode {
    doorsign::cli::run(Vec::new())
}
