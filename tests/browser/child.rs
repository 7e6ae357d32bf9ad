//! Programs that run beside a test and end with it, even when it is killed: the driver with the browsers it starts, and
//! the demo. Each is a process group with a keeper, who ends the group as soon as nobody holds the other end of its
//! standard input.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child as Process, Command, Stdio};

use tempfile::TempDir;

/// Starts a program, waits until nobody is there anymore, and ends the whole group, itself included.
const KEEPER: &str = "\"$@\" & cat > /dev/null; kill -KILL 0";

/// A running program. It dies when this is dropped.
struct Child {
    keeper: Process,
}

impl Child {
    /// Starts a program, and answers with what follows `word` in the line that says that it is ready.
    fn start(program: &str, arguments: &[&str], word: &str) -> (Self, String) {
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh", program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .expect("a shell");
        let mut said = BufReader::new(keeper.stdout.take().unwrap());
        let mut line = String::new();
        let rest = loop {
            line.clear();
            let length = said.read_line(&mut line).unwrap();
            assert!(length > 0, "{program} does not start; `.ci/browser` installs what is missing");
            if let Some((_, rest)) = line.split_once(word) {
                break rest.trim().to_owned();
            }
        };
        // Whatever else it says goes nowhere; a full pipe would stop it.
        std::thread::spawn(move || std::io::copy(&mut said.by_ref(), &mut std::io::sink()));
        (Self { keeper }, rest)
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // It ended by its own signal, and that says nothing.
        self.keeper.wait().ok();
    }
}

/// A chromedriver on a free port.
pub(crate) struct Driver {
    _child: Child,
    /// Where it listens.
    pub(crate) url: String,
}

impl Driver {
    pub(crate) fn start() -> Self {
        let (child, port) = Child::start("chromedriver", &["--port=0", "--log-level=WARNING"], "successfully on port ");
        Self { _child: child, url: format!("http://127.0.0.1:{}", port.trim_end_matches('.')) }
    }
}

/// A demo, as anybody starts it.
pub(crate) struct Demo {
    // They go in this order: a running demo writes into its folder.
    _child: Child,
    _data: TempDir,
    /// Where it is open.
    pub(crate) url: String,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let anywhere = "127.0.0.1:0";
        let folder = data.path().to_str().unwrap();
        let arguments = ["demo", "--listen", anywhere, "--sandbox-listen", anywhere, "--data", folder];
        let (child, rest) = Child::start(env!("CARGO_BIN_EXE_plass"), &arguments, "Open  ");
        let url = rest.split_whitespace().next().unwrap().trim_end_matches('/').to_owned();
        Self { _child: child, _data: data, url }
    }
}
