//! Makes the server of wasm-bindgen's test runner respond to a page that loads many modules.
//!
//! The server (tiny_http 0.12) starts with four threads and gives each connection one for as long as it lasts. It counts a
//! thread as free until that wakes, so two connections that arrive together may go to the same thread. The second then gets a
//! response only when the first closes: never, for a browser that keeps connections open. If no thread is free, the server starts
//! one for each connection. So this module keeps the four threads busy with connections that send nothing.

use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context, Result};

/// The threads that the server starts with.
const THREADS: usize = 4;

/// Ports that no system uses for outgoing connections: a connection that waits for the server must not connect to itself.
const PORTS: std::ops::Range<u16> = 18_000..18_100;

const PAUSE: Duration = Duration::from_millis(20);

/// The address where servers listen, one after another. Each is kept busy until this is dropped.
pub(crate) struct TestServer {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl TestServer {
    /// Chooses a free address.
    pub(crate) fn start() -> Result<Self> {
        let address = PORTS
            .map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .find(|address| TcpListener::bind(address).is_ok())
            .context("no free port for the server of the tests")?;
        let ended = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&ended);
        let thread = thread::spawn(move || {
            while !until.load(Ordering::Relaxed) {
                if let Ok(connections) = connect(address) {
                    hold(connections, &until);
                }
                thread::sleep(PAUSE);
            }
        });
        Ok(Self {
            address,
            ended,
            thread: Some(thread),
        })
    }

    /// The value of `WASM_BINDGEN_TEST_ADDRESS` for the runner.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn connect(address: SocketAddr) -> std::io::Result<Vec<TcpStream>> {
    let connections = (0..THREADS).map(|_| {
        let connection = TcpStream::connect(address)?;
        connection.set_read_timeout(Some(PAUSE))?;
        Ok(connection)
    });
    connections.collect()
}

/// Keeps connections open until the server closes one of them.
fn hold(mut connections: Vec<TcpStream>, ended: &AtomicBool) {
    let is_open = |connection: &mut TcpStream| match connection.read(&mut [0]) {
        Ok(read) => read > 0,
        Err(error) => matches!(
            error.kind(),
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
        ),
    };
    while !ended.load(Ordering::Relaxed) && connections.iter_mut().all(is_open) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_has_as_many_silent_connections_as_threads_and_so_has_the_next() {
        let busy = TestServer::start().expect("a free port");
        for _ in 0..2 {
            let server = TcpListener::bind(busy.address()).expect("free");
            let silent: Vec<_> = server.incoming().take(THREADS).collect();
            assert!(silent.iter().all(Result::is_ok));
            server.set_nonblocking(true).expect("a listener");
            thread::sleep(PAUSE * 4);
            assert!(server.accept().is_err(), "one connection too many");
        }
    }
}
