//! A pseudo-terminal, as the standard output of a program that a person started.

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{ErrorKind, Read, Result, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

/// Opens a terminal: its output as a stream, and the end for the program.
pub fn open() -> (tokio::net::UnixStream, OwnedFd) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    let terminal = openpt(flags).unwrap();
    grantpt(&terminal).unwrap();
    unlockpt(&terminal).unwrap();
    let name = ptsname(&terminal, Vec::new()).unwrap();
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let end = rustix::fs::open(&name, flags, Mode::empty()).unwrap();
    let (output, written) = UnixStream::pair().unwrap();
    std::thread::spawn(move || copy(File::from(terminal), written));
    output.set_nonblocking(true).unwrap();
    (tokio::net::UnixStream::from_std(output).unwrap(), end)
}

/// Copies the output until the program has ended, without the carriage returns that terminals add.
fn copy(mut terminal: File, mut written: UnixStream) -> Result<()> {
    let mut buffer = [0; 4096];
    loop {
        let read = match terminal.read(&mut buffer) {
            Ok(read) => read,
            // Linux reports the end of the program like this: EIO.
            Err(error) if error.kind() != ErrorKind::Interrupted => return Ok(()),
            Err(_) => continue,
        };
        let text: Vec<u8> = buffer[..read]
            .iter()
            .copied()
            .filter(|byte| *byte != b'\r')
            .collect();
        written.write_all(&text)?;
    }
}
