//! Stands between the program and its store and does to their exchanges what a plan says.
//!
//! A connection carries one request. What is not disturbed passes unchanged but for a `Connection: close`.

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// What is asked, as far as a plan looks at it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
}

impl Asked {
    pub(crate) fn writes(&self, part: &str) -> bool {
        self.method == "PUT" && self.target.contains(part)
    }
}

/// What happens to an exchange.
#[derive(Debug, Clone)]
pub(crate) enum Fate {
    /// It passes.
    Pass,
    /// 503 SlowDown; the store is not asked.
    SlowDown,
    /// The store does it, and a 500 is answered.
    FailAfter,
    /// The connection is cut; the store is not asked.
    CutBefore,
    /// The store does it, and the connection is cut.
    CutAfter,
    /// The answer comes late.
    Late(Duration),
    /// Half of the answer's body comes, then the connection is cut.
    Truncate,
    /// The answer is the one of the last time, if it is a listing that was asked for before.
    Stale,
    /// The condition of a conditional write is lost on the way.
    Unconditional,
    /// 403 as for a key that nobody knows.
    Forbid,
    /// It waits at the gate before it reaches the store.
    Hold(Arc<Gate>),
}

/// Holds requests until it is opened.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 = true;
        self.changed.notify_all();
        while !state.1 {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until a request stands before it.
    pub(crate) fn reached(&self) {
        assert!(self.reached_unless(|| false), "no request came to the gate");
    }

    /// Waits until a request stands before it; false if none comes, or what is said has become true.
    pub(crate) fn reached_unless(&self, mut given_up: impl FnMut() -> bool) -> bool {
        let until = Instant::now() + Duration::from_secs(120);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.0 && Instant::now() < until && !given_up() {
            let waited = self.changed.wait_timeout(state, Duration::from_millis(50));
            (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
        state.0
    }

    /// Lets pass whatever waits or will come.
    pub(crate) fn open(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.changed.notify_all();
    }
}

type Plan = Box<dyn FnMut(&Asked) -> Fate + Send>;

struct Shared {
    store: String,
    plan: Mutex<Plan>,
    listings: Mutex<HashMap<String, Vec<u8>>>,
    over: AtomicBool,
}

/// The proxy, for as long as this value lives.
pub(crate) struct Proxy {
    pub(crate) address: String,
    shared: Arc<Shared>,
    door: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Before a store at an address, letting everything pass.
    pub(crate) fn before(store: &str) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("its address").to_string();
        let shared = Arc::new(Shared {
            store: store.to_owned(),
            plan: Mutex::new(Box::new(|_| Fate::Pass)),
            listings: Mutex::default(),
            over: AtomicBool::new(false),
        });
        let door = {
            let shared = Arc::clone(&shared);
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    if shared.over.load(Ordering::SeqCst) {
                        break;
                    }
                    let shared = Arc::clone(&shared);
                    if let Ok(stream) = stream {
                        std::thread::spawn(move || shared.serve(stream));
                    }
                }
            })
        };
        Proxy { address, shared, door: Some(door) }
    }

    /// What is done from now on.
    pub(crate) fn plan(&self, plan: impl FnMut(&Asked) -> Fate + Send + 'static) {
        *self.shared.plan.lock().unwrap_or_else(PoisonError::into_inner) = Box::new(plan);
    }

    /// Nothing is disturbed from now on.
    pub(crate) fn rest(&self) {
        self.plan(|_| Fate::Pass);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(&self.address);
        if let Some(door) = self.door.take() {
            let _ = door.join();
        }
    }
}

impl Shared {
    /// Whoever hangs up on either side ends the exchange.
    fn serve(&self, mut client: TcpStream) -> Option<()> {
        let (head, mut body) = until_blank_line(&mut client)?;
        let head = String::from_utf8_lossy(&head).into_owned();
        let mut words = head.split(' ');
        let asked = Asked { method: words.next()?.to_owned(), target: words.next()?.to_owned() };
        let fate = (self.plan.lock().unwrap_or_else(PoisonError::into_inner))(&asked);
        if matches!(fate, Fate::CutBefore) {
            return client.shutdown(Shutdown::Both).ok();
        }
        if head.to_ascii_lowercase().contains("expect: 100-continue") {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").ok()?;
        }
        let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        while body.len() < length {
            let mut chunk = vec![0; (length - body.len()).min(1 << 16)];
            let n = client.read(&mut chunk).ok().filter(|n| 0 < *n)?;
            body.extend_from_slice(&chunk[..n]);
        }
        match &fate {
            Fate::SlowDown => return answer(&mut client, "503 Slow Down", "SlowDown"),
            Fate::Forbid => return answer(&mut client, "403 Forbidden", "InvalidAccessKeyId"),
            Fate::Hold(gate) => gate.pass(),
            _ => {}
        }
        let keeps = |line: &&str| !matches!(fate, Fate::Unconditional) || !line.to_ascii_lowercase().starts_with("if-");
        let mut lines: Vec<&str> = head.trim_end().split("\r\n").filter(keeps).collect();
        lines.insert(1, "Connection: close");
        let mut store = TcpStream::connect(&self.store).ok()?;
        store.write_all(format!("{}\r\n\r\n", lines.join("\r\n")).as_bytes()).ok()?;
        store.write_all(&body).ok()?;
        let mut answered = Vec::new();
        store.read_to_end(&mut answered).ok()?;
        let is_listing = asked.method == "GET" && asked.target.contains("list-type=2");
        let last = is_listing.then(|| {
            let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
            listings.insert(asked.target.clone(), answered.clone())
        });
        match fate {
            Fate::FailAfter => return answer(&mut client, "500 Internal Server Error", "InternalError"),
            Fate::CutAfter => return client.shutdown(Shutdown::Both).ok(),
            Fate::Late(how_long) => std::thread::sleep(how_long),
            Fate::Stale => answered = last.flatten().unwrap_or(answered),
            Fate::Truncate => {
                let body_at = answered.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
                answered.truncate(body_at + (answered.len() - body_at) / 2);
            }
            _ => {}
        }
        client.write_all(&answered).ok()
    }
}

fn until_blank_line(stream: &mut TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut read = Vec::new();
    let mut chunk = [0; 8192];
    loop {
        if let Some(end) = read.windows(4).position(|end| end == b"\r\n\r\n") {
            let rest = read.split_off(end + 4);
            return Some((read, rest));
        }
        let n = stream.read(&mut chunk).ok().filter(|n| 0 < *n)?;
        read.extend_from_slice(&chunk[..n]);
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n").find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

fn answer(client: &mut TcpStream, status: &str, code: &str) -> Option<()> {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as planned</Message></Error>");
    let length = body.len();
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    client.write_all(text.as_bytes()).ok()
}

/// Disturbs so many of a hundred exchanges, in every way that a network and a busy store know; a seed gives the same plan again.
pub(crate) fn of_a_hundred(percent: u64, seed: u64) -> impl FnMut(&Asked) -> Fate + Send + 'static {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        if percent <= (state >> 20) % 100 {
            return Fate::Pass;
        }
        match (state >> 40) % 6 {
            0 => Fate::SlowDown,
            1 => Fate::FailAfter,
            2 => Fate::CutBefore,
            3 => Fate::CutAfter,
            4 => Fate::Truncate,
            _ => Fate::Late(Duration::from_millis(300)),
        }
    }
}
