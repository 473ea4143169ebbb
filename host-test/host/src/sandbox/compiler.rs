//! Compiling a component in a process of its own, with limits.
//!
//! The cost of compiling does not follow from the length of a component. Two kilobytes with 300 nested loops over 300
//! variables keep the optimising compiler busy for minutes, because each loop passes every variable to the next one; a
//! component of 40 MB takes gigabytes. Nothing inside a process can stop its compiler. The system can stop another
//! process: it counts the processor time and the memory of the worker, so that the limits do not depend on how busy the
//! machine is.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

use wasmtime::Engine;
use wasmtime::component::Component;

use super::engine::Settings;
use super::error::causes;

/// How much of an error message of the worker is repeated, in bytes.
const LONGEST_MESSAGE: usize = 2000;

/// More threads hardly help with one component, and the stack of each counts as memory.
const THREADS: usize = 8;

/// The process that compiles: a program that passes its last argument to [`compile_worker`], and what it may use.
///
/// Usually the program is the host itself, started with an argument of its own:
///
/// ```
/// use provider_host::sandbox::{Compiler, HostOptions, compile_worker};
///
/// fn main() -> std::io::Result<()> {
///     let arguments: Vec<String> = std::env::args().collect();
///     if let [_, command, settings] = &arguments[..]
///         && command == "compile-worker"
///     {
///         return compile_worker(settings);
///     }
///     let compiler = Compiler::new(std::env::current_exe()?, ["compile-worker"]);
///     let options = HostOptions { compiler: Some(compiler), ..HostOptions::default() };
///     # drop(options);
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compiler {
    /// The program.
    pub program: PathBuf,
    /// Its arguments. One more follows them, for [`compile_worker`].
    pub arguments: Vec<OsString>,
    /// Processor time of all threads together, in seconds; 60 by default. CometAPI's component takes 1 to 3.
    pub seconds: u64,
    /// Memory, in MiB; 1,024 by default. CometAPI's component takes about 100.
    pub memory_mib: u64,
}

impl Compiler {
    /// A program with the usual limits.
    pub fn new<A: Into<OsString>>(
        program: impl Into<PathBuf>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Compiler {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Compiler { program: program.into(), arguments, seconds: 60, memory_mib: 1024 }
    }

    /// Compiles a component. Returns the machine code, and the component loaded from it into an engine of the same
    /// settings.
    ///
    /// # Errors
    /// The reason, for people: it cannot be compiled, it exceeds a limit, or the program cannot be started.
    pub(super) fn compile(
        &self,
        engine: &Engine,
        settings: Settings,
        component: &[u8],
    ) -> Result<(Vec<u8>, Component), String> {
        let output = self
            .run(settings, component)
            .map_err(|error| format!("the compiler {} does not start: {error}", self.program.display()))?;
        if !output.status.success() {
            return Err(self.failure(&output));
        }
        // SAFETY: `deserialize` trusts its input, so the bytes must come from `Component::serialize`. They were written
        // to a pipe of this process by the program that the host names as its compiler, which is trusted as the host
        // itself is. The component is only its input.
        let component = unsafe { Component::deserialize(engine, &output.stdout) };
        component.map(|component| (output.stdout, component)).map_err(|error| causes(&error))
    }

    fn run(&self, settings: Settings, component: &[u8]) -> io::Result<Output> {
        let order = Order { settings, seconds: self.seconds, memory_mib: self.memory_mib };
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(THREADS));
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .arg(order.to_text())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // The environment may contain keys, and the compiler of a hostile component needs none of them.
            .env_clear()
            .env("RAYON_NUM_THREADS", threads.to_string());
        // Windows does not start a process without it.
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        let mut worker = command.spawn()?;
        let mut input = worker.stdin.take();
        thread::scope(|scope| {
            scope.spawn(move || {
                // A worker that ends early closes the pipe. Its exit code and its message say why, so that this error
                // is not needed.
                let _ = input.take().map(|mut input| input.write_all(component));
            });
            worker.wait_with_output()
        })
    }

    /// Why the worker ended without machine code. Only a message of its own is an error of the compiler; anything else
    /// means that the system stopped it.
    fn failure(&self, output: &Output) -> String {
        if output.status.code() == Some(REFUSED) {
            let message = output.stderr.get(..LONGEST_MESSAGE).unwrap_or(&output.stderr);
            return String::from_utf8_lossy(message).trim().to_owned();
        }
        format!(
            "the compiler was stopped ({}); it may use {} s of processor time and {} MiB of memory for one component",
            output.status, self.seconds, self.memory_mib
        )
    }
}

/// Compiles a component in this process.
///
/// # Errors
/// The reason, for people.
#[cfg(feature = "compile")]
pub(super) fn compile_here(engine: &Engine, component: &[u8]) -> Result<(Vec<u8>, Component), String> {
    Component::from_binary(engine, component)
        .and_then(|component| Ok((component.serialize()?, component)))
        .map_err(|error| causes(&error))
}

#[cfg(feature = "compile")]
fn precompile(settings: Settings, component: &[u8]) -> Result<Vec<u8>, String> {
    let compiled = settings.compiling_engine().and_then(|engine| engine.precompile_component(component));
    compiled.map_err(|error| causes(&error))
}

#[cfg(not(feature = "compile"))]
fn precompile(_: Settings, _: &[u8]) -> Result<Vec<u8>, String> {
    Err("the program in HostOptions::compiler was built without the compiler".to_owned())
}

/// The exit code of a worker that could not compile and wrote the reason to stderr. A panic exits with another one.
const REFUSED: i32 = 3;

/// What a worker needs to know, as one argument.
struct Order {
    settings: Settings,
    seconds: u64,
    memory_mib: u64,
}

impl Order {
    fn to_text(&self) -> String {
        let Settings { count_fuel, readable_memory } = self.settings;
        format!("{},{},{count_fuel},{readable_memory}", self.seconds, self.memory_mib)
    }

    fn parse(text: &str) -> Option<Order> {
        let mut parts = text.split(',');
        let order = Order {
            seconds: parts.next()?.parse().ok()?,
            memory_mib: parts.next()?.parse().ok()?,
            settings: Settings {
                count_fuel: parts.next()?.parse().ok()?,
                readable_memory: parts.next()?.parse().ok()?,
            },
        };
        parts.next().is_none().then_some(order)
    }
}

/// The whole work of the process that a [`Compiler`] starts: limits itself, reads a component from stdin, and writes its
/// machine code to stdout. Call it before anything else.
///
/// Where a component cannot be compiled, the process exits here with the reason on stderr.
///
/// # Errors
/// When the argument is not that of a [`Compiler`], or when stdin or stdout fail.
pub fn compile_worker(order: &str) -> io::Result<()> {
    let invalid = || io::Error::new(io::ErrorKind::InvalidInput, "the argument is not that of a compiler");
    let order = Order::parse(order).ok_or_else(invalid)?;
    limit(&order)?;
    let mut component = Vec::new();
    io::stdin().lock().read_to_end(&mut component)?;
    match precompile(order.settings, &component) {
        Ok(code) => {
            let mut stdout = io::stdout().lock();
            stdout.write_all(&code)?;
            stdout.flush()
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(REFUSED)
        }
    }
}

/// Limits the process itself. A parent cannot do that to its child before the child's code runs, without unsafe code.
#[cfg(unix)]
fn limit(order: &Order) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let to = |limit| Rlimit { current: Some(limit), maximum: Some(limit) };
    // Private memory that can be written. A limit of the address space would count the reserves of the allocator, which
    // grow with the number of threads and are not used.
    setrlimit(Resource::Data, to(order.memory_mib.saturating_mul(1024 * 1024)))?;
    setrlimit(Resource::Cpu, to(order.seconds))?;
    // A process that exceeds a limit would otherwise leave an image of its memory on disk.
    setrlimit(Resource::Core, to(0))?;
    Ok(())
}

/// Other systems have no such limits: there a compiler can only be slow, and its process can be ended by hand.
#[cfg(not(unix))]
fn limit(_: &Order) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_was_written() {
        for (count_fuel, readable_memory) in [(false, true), (true, false)] {
            let settings = Settings { count_fuel, readable_memory };
            let text = Order { settings, seconds: 7, memory_mib: 90 }.to_text();
            let read = Order::parse(&text).unwrap();
            assert_eq!((read.settings, read.seconds, read.memory_mib), (settings, 7, 90));
        }
        for wrong in
            ["", "1", "1,2,true", "1,2,true,false,", "x,2,true,false", "-1,2,true,false", "1,2,yes,no"]
        {
            assert!(Order::parse(wrong).is_none(), "{wrong}");
            assert!(compile_worker(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_program_that_cannot_be_started_is_named() {
        let settings = Settings::default();
        let engine = settings.compiling_engine().unwrap();
        let compiler = Compiler::new("/nowhere/compiler", ["x"]);
        let reason = compiler.compile(&engine, settings, b"").err().unwrap();
        assert!(reason.contains("/nowhere/compiler does not start"), "{reason}");
    }
}
