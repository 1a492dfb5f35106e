//! Child processes. Each leads its own process group, so that everything it starts ends with it.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a running child is checked.
const LOOK: Duration = Duration::from_millis(30);
/// How long a child may take to end when asked, before it is killed.
const GRACE: Duration = Duration::from_secs(12);

/// How long processes that a child left behind may take to end.
const CLEAN_UP: Duration = Duration::from_secs(4);

/// A shell script that replaces itself with the given program.
const NICE: &str = "echo 19 > /proc/self/autogroup; exec nice -n 19 \"$0\" \"$@\"";

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn groups() -> MutexGuard<'static, Vec<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone, Copy)]
enum Request {
    Terminate,
    Kill,
}

#[cfg(unix)]
fn signal_group(group: u32, request: Request) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    let signal = match request {
        Request::Terminate => Signal::SIGTERM,
        Request::Kill => Signal::SIGKILL,
    };
    if let Ok(group) = i32::try_from(group) {
        // The group may have ended already.
        let _ = killpg(Pid::from_raw(group), signal);
    }
}

/// Whether a process of the group is still there.
#[cfg(unix)]
fn is_group_left(group: u32) -> bool {
    use nix::sys::signal::killpg;
    use nix::unistd::Pid;
    i32::try_from(group).is_ok_and(|group| killpg(Pid::from_raw(group), None).is_ok())
}

#[cfg(not(unix))]
fn signal_group(_group: u32, _request: Request) {}

#[cfg(not(unix))]
fn is_group_left(_group: u32) -> bool {
    false
}

/// From now on SIGINT and SIGTERM end the children first; a second one kills them.
pub(crate) fn stop_on_signals() -> Result<()> {
    ctrlc::set_handler(|| {
        let again = INTERRUPTED.swap(true, Ordering::SeqCst);
        let request = if again {
            Request::Kill
        } else {
            Request::Terminate
        };
        for group in groups().iter() {
            signal_group(*group, request);
        }
    })
    .context("cannot listen for Ctrl-C")
}

/// Whether the user asked to stop.
pub(crate) fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::SeqCst)
}

/// A child that is stopped when this value is dropped, with everything it started.
pub(crate) struct Running {
    child: Child,
    ended: Option<ExitStatus>,
}

impl Running {
    /// Starts a command; `advice` says what to do if the program is missing.
    pub(crate) fn start(command: &mut Command, advice: &str) -> Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        Self::spawn(command, advice)
    }

    /// Starts a command at low priority, if the system supports that.
    ///
    /// Linux may schedule by session, and then the priority must be that of a session of its own: a browser has one, too.
    /// `setsid` makes a new session only for a process that leads no group; after that, the process leads one.
    pub(crate) fn start_nice(command: &Command, output: File, advice: &str) -> Result<Self> {
        let mut nice = Command::new("setsid");
        nice.args(["sh", "-c", NICE]);
        nice.arg(command.get_program()).args(command.get_args());
        if let Some(folder) = command.get_current_dir() {
            nice.current_dir(folder);
        }
        let errors = output
            .try_clone()
            .context("cannot write the output twice")?;
        nice.stdin(Stdio::null()).stdout(output).stderr(errors);
        Self::spawn(&mut nice, advice)
    }

    fn spawn(command: &mut Command, advice: &str) -> Result<Self> {
        if interrupted() {
            bail!("interrupted");
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {program}; {advice}"))?;
        groups().push(child.id());
        if interrupted() {
            // The signal came between the spawn and the entry in the list.
            signal_group(child.id(), Request::Terminate);
        }
        Ok(Self { child, ended: None })
    }

    /// Takes its standard output, if that is piped and not taken yet.
    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Its exit status, if it has ended.
    pub(crate) fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self
                .child
                .try_wait()
                .context("cannot watch a child process")?;
        }
        Ok(self.ended)
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) -> Result<ExitStatus> {
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            thread::sleep(LOOK);
        }
    }

    /// Asks it to end, and waits for a limited time.
    pub(crate) fn stop(&mut self) {
        // A child that reads its standard input ends at the end of it, also on systems without signals.
        drop(self.child.stdin.take());
        signal_group(self.child.id(), Request::Terminate);
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            match self.ended() {
                Ok(None) => thread::sleep(LOOK),
                Ok(Some(_)) | Err(_) => return,
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.ended(), Ok(None)) {
            self.stop();
        }
        let own = self.child.id();
        // Reap the leader first: until then it counts as a member of its group.
        if matches!(self.ended(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        // A crashed test leaves its driver and browser in the group, and an interrupted one its servers, which clean up.
        signal_group(own, Request::Terminate);
        let deadline = Instant::now() + CLEAN_UP;
        while is_group_left(own) && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        signal_group(own, Request::Kill);
        groups().retain(|group| *group != own);
    }
}

/// The command as it would be typed.
pub(crate) fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command whose output the user sees; `advice` says what to do when it fails.
pub(crate) fn run(command: &mut Command, advice: &str) -> Result<()> {
    println!("  $ {}", describe(command));
    let status = Running::start(command.stdin(Stdio::null()), advice)?.wait()?;
    if interrupted() {
        bail!("interrupted");
    }
    if !status.success() {
        bail!("`{}` failed ({status}); {advice}", describe(command));
    }
    Ok(())
}

/// Runs a command and returns what it writes to standard output.
pub(crate) fn read(command: &mut Command, advice: &str) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {}; {advice}", describe(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`{}` failed ({}): {}; {advice}",
            describe(command),
            output.status,
            said.trim()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The result of a command whose output was kept.
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) timed_out: bool,
    pub(crate) output: String,
}

/// Runs a command, prints its output line by line and keeps it; ends the command when it takes longer than `limit`.
pub(crate) fn watch(command: &mut Command, limit: Duration, advice: &str) -> Result<Outcome> {
    println!("  $ {}", describe(command));
    let mut running = Running::start(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
        advice,
    )?;
    let (sender, lines) = channel();
    if let Some(stdout) = running.child.stdout.take() {
        forward(stdout, sender.clone());
    }
    if let Some(stderr) = running.child.stderr.take() {
        forward(stderr, sender);
    }

    let deadline = Instant::now() + limit;
    let mut output = String::new();
    let status = loop {
        match lines.recv_timeout(LOOK) {
            Ok(line) => show(&line, &mut output),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(LOOK),
        }
        if let Some(status) = running.ended()? {
            break Some(status);
        }
        if Instant::now() > deadline {
            break None;
        }
    };
    // Ends the rest of the group, which closes the pipes. Processes that left the group are not waited for long.
    drop(running);
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(1)) {
        show(&line, &mut output);
    }
    Ok(Outcome {
        success: status.is_some_and(|status| status.success()) && !interrupted(),
        timed_out: status.is_none(),
        output,
    })
}

fn show(line: &str, output: &mut String) {
    println!("{line}");
    output.push_str(line);
    output.push('\n');
}

fn forward(stream: impl Read + Send + 'static, sender: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            if sender
                .send(String::from_utf8_lossy(&line).into_owned())
                .is_err()
            {
                return;
            }
        }
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// A killed process does not exist or, until init reaps it, is a zombie.
    fn assert_over(process: &str) -> Result<()> {
        let state = read(
            &mut shell(&format!("ps -o stat= -p {process} || echo gone")),
            "",
        )?;
        assert!(
            state.contains("gone") || state.trim().starts_with('Z'),
            "{state}"
        );
        Ok(())
    }

    #[test]
    fn output_of_both_streams_is_kept() -> Result<()> {
        let outcome = watch(&mut shell("echo one; echo two >&2"), LONG, "")?;
        assert!(
            outcome.success && outcome.output.contains("one\n") && outcome.output.contains("two\n")
        );
        Ok(())
    }

    #[test]
    fn a_failure_is_seen() -> Result<()> {
        let outcome = watch(&mut shell("echo before; exit 3"), LONG, "")?;
        assert!(!outcome.success && !outcome.timed_out && outcome.output == "before\n");
        Ok(())
    }

    #[test]
    fn what_takes_too_long_ends_with_everything_it_started() -> Result<()> {
        let start = Instant::now();
        let outcome = watch(
            &mut shell("sleep 300 & echo $!; wait"),
            Duration::from_millis(300),
            "",
        )?;
        assert!(outcome.timed_out && start.elapsed() < LONG);
        assert_over(outcome.output.trim())
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_nice_runs_and_ends_with_everything_it_started() -> Result<()> {
        let file = std::env::temp_dir().join(format!("nice-{}", std::process::id()));
        let script = format!(
            "sleep 300 & echo $(nice) $! > {0}.new; mv {0}.new {0}; wait",
            file.display()
        );
        let running = Running::start_nice(&shell(&script), File::create("/dev/null")?, "")?;
        let deadline = Instant::now() + LONG;
        while !file.exists() && Instant::now() < deadline {
            thread::sleep(LOOK);
        }
        let told = std::fs::read_to_string(&file)?;
        std::fs::remove_file(&file)?;
        drop(running);
        let (nice, grandchild) = told.trim().split_once(' ').context("two words")?;
        assert_eq!(nice, "19");
        assert_over(grandchild)
    }

    #[test]
    fn a_missing_program_comes_with_advice() {
        let error = watch(&mut Command::new("no-such-program"), LONG, "install it")
            .err()
            .map(|error| error.to_string());
        assert_eq!(
            error.as_deref(),
            Some("cannot start no-such-program; install it")
        );
    }
}
