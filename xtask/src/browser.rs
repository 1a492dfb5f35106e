//! The browsers for the tests, and the user's browser for the demo.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, bail};

use crate::process;
use crate::tools::{geckodriver, on_path};
use crate::workspace::Workspace;

const BROWSERS: [&str; 5] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
];
const BROWSER_PATHS: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const DRIVER_PATHS: [&str; 2] = [
    "/usr/lib/chromium/chromedriver",
    "/usr/lib/chromium-browser/chromedriver",
];
const ADVICE: &str = "install Chrome or Chromium and a chromedriver of the same version (Debian: `apt-get install chromium \
chromium-driver`; Homebrew: `brew install --cask google-chrome chromedriver`), or name them in $CHROME and $CHROMEDRIVER";

const WEBKIT_ADVICE: &str = "install WebKitGTK with its driver, and a screen for it (Debian: `apt-get install webkit2gtk-driver xvfb xauth`)";

const FIREFOX_ADVICE: &str = "install Firefox (Debian: `apt-get install firefox-esr`)";

/// Chrome or Chromium. Installs it if that needs no confirmation: on Debian as root.
pub(crate) fn chrome(workspace: &Workspace) -> Result<PathBuf> {
    find_or_install(workspace, find_chrome)
}

/// ChromeDriver, for wasm-bindgen's test runner.
pub(crate) fn driver(workspace: &Workspace) -> Result<PathBuf> {
    find_or_install(workspace, find_driver)
}

fn find_chrome() -> Option<PathBuf> {
    find_program("CHROME", &BROWSERS, &BROWSER_PATHS)
}

fn find_driver() -> Option<PathBuf> {
    find_program("CHROMEDRIVER", &["chromedriver"], &DRIVER_PATHS)
}

/// WebKitGTK, its driver, and a virtual screen.
pub(crate) fn webkit(workspace: &Workspace) -> Result<()> {
    let find = || {
        let needed = ["WebKitWebDriver", "xvfb-run", "xauth"];
        needed.into_iter().map(on_path).collect::<Option<Vec<_>>>()
    };
    Browser {
        name: "WebKitGTK",
        packages: &["webkit2gtk-driver", "xvfb", "xauth"],
        advice: WEBKIT_ADVICE,
    }
    .find_or_install(workspace, find)
    .map(drop)
}

/// Firefox and its driver, which Debian does not package. Returns the driver's path.
pub(crate) fn firefox(workspace: &Workspace) -> Result<PathBuf> {
    Browser {
        name: "Firefox",
        packages: &["firefox-esr"],
        advice: FIREFOX_ADVICE,
    }
    .find_or_install(workspace, || {
        ["firefox-esr", "firefox"].into_iter().find_map(on_path)
    })?;
    match std::env::var_os("GECKODRIVER") {
        Some(named) => Ok(PathBuf::from(named)),
        None => Ok(geckodriver(workspace)?.join("geckodriver")),
    }
}

fn find_or_install(workspace: &Workspace, find: fn() -> Option<PathBuf>) -> Result<PathBuf> {
    Browser {
        name: "Chromium with a driver",
        packages: &["chromium", "chromium-driver"],
        advice: ADVICE,
    }
    .find_or_install(workspace, find)
}

/// A browser from Debian's packages.
struct Browser {
    name: &'static str,
    packages: &'static [&'static str],
    advice: &'static str,
}

impl Browser {
    fn find_or_install<T>(&self, workspace: &Workspace, find: impl Fn() -> Option<T>) -> Result<T> {
        let Self { name, advice, .. } = self;
        if let Some(found) = find() {
            return Ok(found);
        }
        if !is_debian() || !is_root(workspace) {
            bail!("no {name} found: {advice}");
        }
        println!("Installing {name} (about a minute) ...");
        let apt = |arguments: &[&str]| {
            let mut command = workspace.command("apt-get");
            command
                .args(arguments)
                .env("DEBIAN_FRONTEND", "noninteractive");
            process::run(&mut command, advice)
        };
        apt(&["update", "-qq"])?;
        let install = ["install", "-y", "-qq", "--no-install-recommends"];
        apt(&[&install, self.packages].concat())?;
        match find() {
            Some(found) => Ok(found),
            None => bail!("{name} was installed but is not found: {advice}"),
        }
    }
}

fn find_program(variable: &str, names: &[&str], paths: &[&str]) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Some(PathBuf::from(named));
    }
    let known = paths.iter().map(PathBuf::from).find(|path| path.is_file());
    names.iter().find_map(|name| on_path(name)).or(known)
}

fn is_debian() -> bool {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    // Debian only, not its derivatives: Ubuntu's package of the same name is a stub for another package manager.
    release.lines().any(|line| line == "ID=debian") && on_path("apt-get").is_some()
}

fn is_root(workspace: &Workspace) -> bool {
    process::read(workspace.command("id").arg("-u"), "").is_ok_and(|id| id.trim() == "0")
}

/// Opens an address in the user's browser if there is a screen. The browser keeps running when the command ends.
pub(crate) fn open(address: &str) {
    let Some(mut command) = opener() else { return };
    let started = command
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    if started.is_err() {
        println!("  (no browser could be opened: open the address yourself)");
    }
}

fn opener() -> Option<Command> {
    let has = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    let mut command = if cfg!(target_os = "macos") {
        // A login over the network has no screen.
        (!has("SSH_CONNECTION") && Path::new("/usr/bin/open").is_file())
            .then(|| Command::new("/usr/bin/open"))?
    } else {
        if !has("DISPLAY") && !has("WAYLAND_DISPLAY") {
            return None;
        }
        Command::new(on_path("xdg-open").or_else(find_chrome)?)
    };
    // Ctrl-C in the terminal must end the demo, not the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    Some(command)
}
