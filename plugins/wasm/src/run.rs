//! One run of a module for one event, in slices, so that it can be stopped between them. Blocks, so
//! call it from a thread that may block.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use doorsign_hook::HookError;
use wasmi::{
    Error, Extern, Instance, Module, Store, StoreLimits, StoreLimitsBuilder, TypedFunc,
    TypedResumableCall,
};

use crate::Settings;
use crate::answer::{Stopped, refusal, verdict};
use crate::host::{self, State};

/// Fuel per slice: one or two milliseconds.
const SLICE: u64 = 200_000;

/// Fuel for the start function, which cannot be interrupted.
const START: u64 = 10_000_000;

/// More tables than a compiler creates, and more functions in each than a module has.
const TABLES: usize = 4;
const TABLE_ELEMENTS: usize = 10_000;

/// The result and the notes.
pub(crate) type Outcome = (Result<(), HookError>, String);

/// Runs a fresh instance of the module until it ends or `stop` is set.
pub(crate) fn run(
    module: &Module,
    event: String,
    settings: &Settings,
    stop: &AtomicBool,
) -> Outcome {
    let state = State::new(event, limits(settings));
    let mut store = Store::new(module.engine(), state);
    store.limiter(|state| &mut state.limits);
    let began = Instant::now();
    let is_over = || stop.load(Ordering::Relaxed) || began.elapsed() >= settings.limit;
    let mut tank = Tank(settings.fuel);
    let ended = start(module, &mut store, &mut tank)
        .and_then(|on_event| to_its_end(&on_event, &mut store, &mut tank, is_over));
    let State { notes, result, .. } = store.into_data();
    let answer = match ended {
        Ok(()) => verdict(result),
        Err(stopped) => Err(refusal(stopped, settings)),
    };
    (answer, notes)
}

fn limits(settings: &Settings) -> StoreLimits {
    StoreLimitsBuilder::new()
        .memory_size(settings.memory_max_bytes)
        .memories(1)
        .tables(TABLES)
        .table_elements(TABLE_ELEMENTS)
        .instances(1)
        .build()
}

/// Creates the instance, runs its start function if there is one, and returns its `on_event`.
fn start(
    module: &Module,
    store: &mut Store<State>,
    tank: &mut Tank,
) -> Result<TypedFunc<(), ()>, Stopped> {
    tank.fill(store, START, 1)?;
    let functions = module
        .imports()
        .filter_map(|import| host::function(store, import.module(), import.name()))
        .map(Extern::Func)
        .collect::<Vec<_>>();
    let instance = Instance::new(&mut *store, module, &functions).map_err(|error| {
        match Stopped::from(error) {
            Stopped::OutOfFuel => Stopped::StartedTooLong,
            other => other,
        }
    })?;
    Ok(instance.get_typed_func(&*store, "on_event")?)
}

/// Calls `on_event` and resumes it until it ends or has to stop.
fn to_its_end(
    on_event: &TypedFunc<(), ()>,
    store: &mut Store<State>,
    tank: &mut Tank,
    is_over: impl Fn() -> bool,
) -> Result<(), Stopped> {
    let mut call = on_event.call_resumable(&mut *store, ())?;
    loop {
        match call {
            TypedResumableCall::Finished(()) => return Ok(()),
            TypedResumableCall::HostTrap(trap) => {
                return Err(Stopped::Trapped(Error::new(trap.host_error().to_string())));
            }
            TypedResumableCall::OutOfFuel(_) if is_over() => return Err(Stopped::OutOfTime),
            TypedResumableCall::OutOfFuel(rest) => {
                tank.fill(store, SLICE, rest.required_fuel())?;
                call = rest.resume(&mut *store)?;
            }
        }
    }
}

/// The remaining fuel.
struct Tank(u64);

impl Tank {
    /// Adds a slice of fuel, or more if the next step needs it.
    fn fill(&mut self, store: &mut Store<State>, slice: u64, needed: u64) -> Result<(), Stopped> {
        let left_over = store.get_fuel()?;
        let given = slice.max(needed).saturating_sub(left_over).min(self.0);
        self.0 -= given;
        if left_over + given < needed {
            return Err(Stopped::OutOfFuel);
        }
        Ok(store.set_fuel(left_over + given)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorsign_hook::NOTES_MAX_BYTES;

    /// Returns the notes of a module that endlessly logs the first `len` bytes of its memory.
    fn notes(len: usize) -> String {
        let wat = format!(
            r#"(module
            (import "doorsign_v1" "log" (func $log (param i32 i32)))
            (memory (export "memory") 1)
            (func (export "on_event")
                (loop (call $log (i32.const 0) (i32.const {len})) (br 0))))"#
        );
        let settings = Settings {
            fuel: 10_000,
            ..Settings::default()
        };
        let module = crate::load::load(&wat::parse_str(wat).unwrap(), 1 << 20).unwrap();
        run(&module, String::new(), &settings, &AtomicBool::new(false)).1
    }

    #[test]
    fn notes_use_no_more_memory_than_is_kept() {
        let kept = NOTES_MAX_BYTES..=NOTES_MAX_BYTES + 1;
        assert!(kept.contains(&notes(1000).len()));
    }

    #[test]
    fn a_call_costs_more_than_the_step_that_makes_it() {
        let lines = notes(0).len();
        assert!((50..=100).contains(&lines), "{lines}");
    }
}
