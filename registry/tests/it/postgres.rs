//! A PostgreSQL of our own for the tests.
//!
//! It is Debian's package, in a folder of its own under `/tmp`, reached by a socket in that folder and by the loopback address
//! only. Everybody on this machine may connect, so nothing real belongs into it. Commits are synchronous and fsync is on: what a
//! test proves about a crash holds.
//!
//! PostgreSQL does not run as root. Where the tests do, it runs as the user `postgres`.
//!
//! It never outlives us. Dropping stops it and deletes the folder, also on panic. The shared one is a static, which is never
//! dropped; and a test may be killed. So a shell, the watch, holds one end of a pipe whose other end only we hold: when it closes,
//! however we ended, the watch stops the server and deletes the folder. (The parent-death signal of Linux would not do: it is sent
//! when the *thread* that started the server ends, and every test is a thread.)

use std::{
    fs::{self, File},
    net::TcpListener,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, geteuid, kill_process};

/// How long it may take to start, to stop, or to recover.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(25);

/// Its superuser, and the user it runs as where we are root.
const USER: &str = "postgres";

/// `$1` is the folder. The server's working directory is its data directory, by which a number used anew is told from it.
const WATCH: &str = r#"
trap '' INT TERM HUP QUIT PIPE
read -r nothing
data="$1/data"
pid=$(head -n 1 "$data/postmaster.pid" 2>/dev/null)
serves() { [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd")" = "$data" ]; }
serves && kill -INT "$pid"
tries=0
while serves && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
serves && kill -QUIT "$pid" && sleep 1
serves && kill -KILL "$pid"
rm -rf -- "$1"
"#;

/// A running server.
pub struct Postgres {
    bin: PathBuf,
    folder: PathBuf,
    port: u16,
    server: Mutex<Option<Child>>,
    watch: Option<(Child, ChildStdin)>,
}

/// The one server of this process. A test that restarts or kills it disturbs the others; it starts its own.
pub fn shared() -> &'static Postgres {
    static SHARED: OnceLock<Postgres> = OnceLock::new();
    SHARED.get_or_init(Postgres::start)
}

impl Postgres {
    /// Makes a new server and waits until it answers.
    pub fn start() -> Postgres {
        let bin = newest();
        let folder = tempfile::Builder::new().prefix("xueji-pg-").tempdir_in("/tmp").expect("no temporary folder");
        let folder = folder.keep();
        let mut postgres = Postgres { bin, folder, port: free_port(), server: Mutex::new(None), watch: None };
        postgres.watch = Some(watch(&postgres.folder));
        fs::set_permissions(&postgres.folder, fs::Permissions::from_mode(0o700)).expect("the folder's permissions");
        if geteuid().is_root() {
            run(Command::new("chown").arg(format!("{USER}:")).arg(&postgres.folder));
        }
        let mut initdb = postgres.command("initdb");
        initdb.arg("--pgdata").arg(postgres.data()).args(["--username", USER, "--auth=trust", "--encoding=UTF8"]);
        run(initdb.args(["--locale=C", "--no-sync", "--no-instructions"]));
        postgres.launch(&mut postgres.held());
        postgres
    }

    /// Makes an empty database.
    pub fn create_database(&self, name: &str) {
        run(self.client("createdb").args(["--template=template0", "--", name]));
    }

    /// Where a database is reached, as sqlx takes it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    /// What `psql` prints for a statement: rows by lines, columns by `|`.
    pub fn query(&self, database: &str, sql: &str) -> String {
        run(self.client("psql").args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", sql]))
    }

    /// Stops it in order and starts it again, at the same address.
    pub fn restart(&self) {
        let mut server = self.held();
        end(&mut server, Signal::INT);
        self.launch(&mut server);
    }

    /// Kills it as a power cut would and starts it again, at the same address: it recovers from its log.
    pub fn kill_hard(&self) {
        let mut server = self.held();
        end(&mut server, Signal::KILL);
        self.launch(&mut server);
    }

    /// Starts the server until it answers. What is left of one that was killed may hold its memory, or another program its port,
    /// for a moment: then it is tried again.
    fn launch(&self, server: &mut Option<Child>) {
        let until = Instant::now() + PATIENCE;
        loop {
            let mut child = self.spawn();
            loop {
                if let Some(status) = child.try_wait().expect("the server cannot be waited for") {
                    assert!(Instant::now() < until, "PostgreSQL ended ({status}):\n{}", self.log());
                    break;
                }
                if self.answers() {
                    *server = Some(child);
                    return;
                }
                if until <= Instant::now() {
                    end(&mut Some(child), Signal::KILL);
                    panic!("PostgreSQL does not answer after {PATIENCE:?}:\n{}", self.log());
                }
                thread::sleep(PAUSE);
            }
            thread::sleep(PAUSE * 4);
        }
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.folder.join("log")).expect("the server's log");
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder).args(["-p", &self.port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "fsync=on",
            "synchronous_commit=on",
            "shared_buffers=16MB",
            "max_connections=60",
            "max_wal_size=128MB",
            "min_wal_size=32MB",
            "dynamic_shared_memory_type=mmap",
            "timezone=UTC",
        ] {
            command.args(["-c", setting]);
        }
        let errors = log.try_clone().expect("the server's log");
        command.stdin(Stdio::null()).stdout(log).stderr(errors).process_group(0);
        command.spawn().expect("PostgreSQL cannot be started")
    }

    fn answers(&self) -> bool {
        let mut probe = self.client("pg_isready");
        probe.args(["-q", "-d", USER]).stdin(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// A program of the server, as a user it accepts.
    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = if geteuid().is_root() {
            let mut wrapper = Command::new("setpriv");
            wrapper.args(["--reuid", USER, "--regid", USER, "--clear-groups", "--"]).arg(program);
            wrapper
        } else {
            Command::new(program)
        };
        foreign_settings().for_each(|name| {
            command.env_remove(name);
        });
        command.current_dir(&self.folder).env("LC_ALL", "C");
        command
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(self.bin.join(program));
        foreign_settings().for_each(|name| {
            command.env_remove(name);
        });
        command.env("LC_ALL", "C").args(["-h", "127.0.0.1", "-U", USER, "-p", &self.port.to_string()]);
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        let lines = log.lines().collect::<Vec<_>>();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn held(&self) -> MutexGuard<'_, Option<Child>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        end(&mut self.held(), Signal::INT);
        if let Some((mut watch, pipe)) = self.watch.take() {
            drop(pipe);
            let _ = watch.wait();
        }
    }
}

/// The folder of the newest PostgreSQL installed.
fn newest() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let installed = versions.map(|entry| entry.path()).filter(|path| path.join("bin/initdb").exists());
    let newest = installed.max_by_key(|path| version(path)).map(|path| path.join("bin"));
    newest.expect("no /usr/lib/postgresql/*/bin/initdb: install the package `postgresql`")
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("no free port");
    listener.local_addr().expect("a port").port()
}

/// The variables that would lead a client or server elsewhere.
fn foreign_settings() -> impl Iterator<Item = String> {
    std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).filter(|name| name.starts_with("PG"))
}

fn watch(folder: &Path) -> (Child, ChildStdin) {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", WATCH, "watch"]).arg(folder).current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut watch = command.spawn().expect("/bin/sh cannot be started");
    let pipe = watch.stdin.take().expect("a pipe");
    (watch, pipe)
}

/// Ends the server, by force if it does not in time.
fn end(server: &mut Option<Child>, signal: Signal) {
    let Some(mut child) = server.take() else { return };
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
    let until = Instant::now() + PATIENCE;
    while let Ok(None) = child.try_wait() {
        if until <= Instant::now() {
            let _ = child.kill();
            let _ = child.wait();
        }
        thread::sleep(PAUSE);
    }
}

/// What a program prints; panics with its errors if it fails.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} failed ({}):\n{errors}", output.status);
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

#[test]
fn what_was_committed_outlives_a_restart_and_a_crash() {
    let postgres = Postgres::start();
    let folder = postgres.folder.clone();
    postgres.create_database("office");
    postgres.query("office", "create table kept (name text); insert into kept values ('学籍')");
    postgres.restart();
    postgres.query("office", "insert into kept values ('restart')");
    postgres.kill_hard();
    assert_eq!(postgres.query("office", "select string_agg(name, ' ' order by name) from kept"), "restart 学籍");
    assert_eq!(postgres.query("office", "show server_encoding; show lc_collate; show fsync"), "UTF8\nC\non");
    drop(postgres);
    assert!(!folder.exists());
}

#[test]
fn the_shared_one_is_reached_by_its_address() {
    let postgres = shared();
    postgres.create_database("reached");
    let mut psql = Command::new(postgres.bin.join("psql"));
    let answer = run(psql.args(["-XAtq", "-c", "select current_database()"]).arg(postgres.url("reached")));
    assert_eq!(answer, "reached");
}
