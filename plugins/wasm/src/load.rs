//! Loads a module from bytes, or reports why it is invalid.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmi::{
    Config, EnforcedLimits, Engine, ExternType, FuncType, ImportType, Module, Store, StoreLimits,
};

use crate::host::{self, ABI, State};

/// The size of a memory page, the unit of memory types.
const PAGE: u64 = 64 << 10;

/// Checks the module in `bytes` and prepares it.
///
/// # Errors
///
/// Why it is invalid, in one line.
pub(crate) fn load(bytes: &[u8], memory_max_bytes: usize) -> Result<Module, String> {
    // A bug in the parser must affect only this module.
    let loaded = catch_unwind(AssertUnwindSafe(|| checked(bytes, memory_max_bytes)));
    loaded.unwrap_or_else(|_| Err("the interpreter failed to read it".into()))
}

fn checked(bytes: &[u8], memory_max_bytes: usize) -> Result<Module, String> {
    // An engine never frees the code of its modules, so each module has its own.
    let engine = Engine::new(&config());
    let module = Module::new(&engine, bytes).map_err(|error| one_line(&error))?;
    check_imports(&module)?;
    check_exports(&module, memory_max_bytes)?;
    Ok(module)
}

/// Meters fuel and discards names and debug information. Code is translated on first call, because
/// a module uses little of its language's runtime library.
fn config() -> Config {
    let mut config = Config::default();
    config
        .consume_fuel(true)
        .ignore_custom_sections(true)
        .set_max_cached_stacks(1)
        .enforced_limits(EnforcedLimits::strict());
    config
}

/// Checks that every import is one of our functions, with the right type.
fn check_imports(module: &Module) -> Result<(), String> {
    let state = State::new(String::new(), StoreLimits::default());
    let mut store = Store::new(module.engine(), state);
    for import in module.imports() {
        let function = host::function(&mut store, import.module(), import.name());
        let function = function.ok_or_else(|| not_offered(&import))?;
        if Some(&function.ty(&store)) != import.ty().func() {
            let name = import.name();
            return Err(format!("it imports {ABI}.{name} with a wrong type"));
        }
    }
    Ok(())
}

fn not_offered(import: &ImportType<'_>) -> String {
    let (module, name) = (import.module(), import.name());
    let hint = match module {
        ABI => "there is no such function",
        "wasi_snapshot_preview1" => "WASI is not supported; build the module without it",
        _ => "only doorsign_v1 is supported",
    };
    format!("it imports {module}.{name}: {hint}").replace(char::is_control, "\u{fffd}")
}

fn check_exports(module: &Module, memory_max_bytes: usize) -> Result<(), String> {
    let on_event = module.get_export("on_event");
    if on_event.as_ref().and_then(ExternType::func) != Some(&FuncType::new([], [])) {
        return Err("it exports no function on_event without parameters and results".into());
    }
    match module.get_export("memory") {
        Some(ExternType::Memory(memory)) => {
            let least = memory.minimum().saturating_mul(PAGE);
            if least > memory_max_bytes as u64 {
                return Err(format!(
                    "it needs {least} bytes of memory at the start; the limit is {memory_max_bytes}"
                ));
            }
            Ok(())
        }
        _ => Err("it exports no memory".into()),
    }
}

/// Returns an interpreter error as a reason.
pub(crate) fn one_line(error: &wasmi::Error) -> String {
    let words = error.to_string();
    words.replace(char::is_control, " ").trim().to_owned()
}
