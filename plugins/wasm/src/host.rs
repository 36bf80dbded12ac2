//! The host functions of a module: the four functions of `doorsign_v1`, and the state they change.
//!
//! The name is the version: a later set of functions gets another name, and this one does not
//! change.

use doorsign_hook::NOTES_MAX_BYTES;
use wasmi::{Caller, Error, Extern, Func, Memory, Store, StoreLimits, TrapCode};

/// The module name of all imports.
pub(crate) const ABI: &str = "doorsign_v1";

/// How many bytes of a module's reason are kept, for one line in a log.
const REASON_MAX_BYTES: usize = 500;

/// The fuel cost of a call that copies data. Without it, a loop of calls would be the cheapest way
/// to run for long.
const CALL: u64 = 100;

/// The state of one run: the event, and the module's output so far.
#[derive(Debug)]
pub(crate) struct State {
    event: String,
    pub(crate) notes: String,
    /// The last code and reason, if the module has set any.
    pub(crate) result: Option<(i32, String)>,
    pub(crate) limits: StoreLimits,
}

impl State {
    pub(crate) fn new(event: String, limits: StoreLimits) -> Self {
        Self {
            event,
            notes: String::new(),
            result: None,
            limits,
        }
    }

    /// Returns how many more bytes of notes are useful: one more than are kept, which shows that
    /// notes were cut.
    fn room(&self) -> usize {
        (NOTES_MAX_BYTES + 1).saturating_sub(self.notes.len())
    }
}

/// Returns the function for an import, if it exists.
pub(crate) fn function(store: &mut Store<State>, module: &str, name: &str) -> Option<Func> {
    match (module, name) {
        (ABI, "event_len") => Some(Func::wrap(store, event_len)),
        (ABI, "event_read") => Some(Func::wrap(store, event_read)),
        (ABI, "log") => Some(Func::wrap(store, log)),
        (ABI, "set_result") => Some(Func::wrap(store, set_result)),
        _ => None,
    }
}

/// `event_len() -> i32`: returns the length of the event's JSON in bytes.
#[expect(
    clippy::needless_pass_by_value,
    reason = "wasmi passes the caller by value"
)]
fn event_len(caller: Caller<'_, State>) -> i32 {
    count(caller.data().event.len())
}

/// `event_read(to, from, len) -> i32`: copies up to `len` bytes of the event, from offset `from`,
/// to the memory at `to`. Returns the number of bytes copied.
///
/// Traps if the memory has no space for `len` bytes, even if fewer are copied, so that a module
/// works or fails regardless of the event's length.
fn event_read(mut caller: Caller<'_, State>, to: i32, from: i32, len: i32) -> Result<i32, Error> {
    charge(&mut caller)?;
    let (bytes, state) = memory(&caller)?.data_and_store_mut(&mut caller);
    let room = bytes
        .get_mut(index(to)..)
        .and_then(|bytes| bytes.get_mut(..index(len)))
        .ok_or(TrapCode::MemoryOutOfBounds)?;
    let rest = state.event.as_bytes().get(index(from)..);
    let rest = rest.unwrap_or_default();
    let read = rest.len().min(room.len());
    room[..read].copy_from_slice(&rest[..read]);
    Ok(count(read))
}

/// `log(ptr, len)`: adds a line to the delivery's notes.
fn log(mut caller: Caller<'_, State>, ptr: i32, len: i32) -> Result<(), Error> {
    charge(&mut caller)?;
    let room = caller.data().room();
    let line = text(&caller, ptr, len, room)?;
    let notes = &mut caller.data_mut().notes;
    notes.push_str(&line);
    if line.len() < room && !line.ends_with('\n') {
        notes.push('\n');
    }
    Ok(())
}

/// `set_result(code, ptr, len)`: sets the result of the run. The last call counts.
fn set_result(mut caller: Caller<'_, State>, code: i32, ptr: i32, len: i32) -> Result<(), Error> {
    charge(&mut caller)?;
    let reason = text(&caller, ptr, len, REASON_MAX_BYTES)?;
    let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    caller.data_mut().result = Some((code, reason));
    Ok(())
}

/// Returns the first `max` bytes at `ptr` as text without control characters, because it is shown
/// in terminals.
fn text(caller: &Caller<'_, State>, ptr: i32, len: i32, max: usize) -> Result<String, Error> {
    let bytes = memory(caller)?.data(caller);
    let bytes = bytes
        .get(index(ptr)..)
        .and_then(|bytes| bytes.get(..index(len)))
        .ok_or(TrapCode::MemoryOutOfBounds)?;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(max)]);
    let is_harmful = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    let mut text = text.replace(is_harmful, "\u{fffd}");
    // The replacement character is longer than the byte it replaces.
    text.truncate(text.floor_char_boundary(max));
    Ok(text)
}

/// Charges the fuel of a call, or what is left; the module's next step then runs out of fuel.
fn charge(caller: &mut Caller<'_, State>) -> Result<(), Error> {
    let left = caller.get_fuel()?;
    caller.set_fuel(left.saturating_sub(CALL))
}

/// Returns the module's exported memory. Modules without one are not loaded.
fn memory(caller: &Caller<'_, State>) -> Result<Memory, Error> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory);
    memory.ok_or_else(|| Error::new("it exports no memory"))
}

/// Addresses and lengths are unsigned, as everywhere in WebAssembly.
fn index(value: i32) -> usize {
    usize::try_from(value.cast_unsigned()).unwrap_or(usize::MAX)
}

/// Converts a byte count. An event is about 3 KB long.
fn count(bytes: usize) -> i32 {
    i32::try_from(bytes).unwrap_or(i32::MAX)
}
