//! An S3 store of another make, on loopback, for as long as this value lives: `moto_server`.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::other_readers::python;

/// The bucket that is there.
pub(crate) const BUCKET: &str = "office";

/// The server.
pub(crate) struct Endpoint {
    server: Child,
    pub(crate) address: String,
}

impl Endpoint {
    /// Starts it, with one empty bucket.
    pub(crate) fn start() -> Endpoint {
        let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its number").port();
        let server = Command::new(python())
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the Python of tests/all has moto");
        let mut endpoint = Endpoint { server, address: format!("127.0.0.1:{port}") };
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            if endpoint.ask("PUT", &format!("/{BUCKET}")).is_some_and(|answer| answer.contains(" 200 ")) {
                return endpoint;
            }
            let ended = endpoint.server.try_wait().expect("a status");
            assert!(ended.is_none(), "moto_server ended with {ended:?}; run tests/all, which installs it");
            assert!(Instant::now() < until, "moto_server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// One request without a body; the whole answer as text, or nothing if nobody answers.
    pub(crate) fn ask(&self, method: &str, target: &str) -> Option<String> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
