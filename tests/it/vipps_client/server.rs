//! A server that answers by script. It is threads and sockets only, so that it can also break off, keep silent or lie.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A good answer to who asks for a token.
pub(crate) const TOKEN: &str = r#"{"token_type":"Bearer","expires_in":"3600","access_token":"aaa.bbb.ccc"}"#;

/// What the server does with a request.
#[derive(Clone)]
pub(crate) enum Reply {
    Answer(u16, String),
    /// These bytes, then the connection ends. A whole answer must say so, or the next call may take this connection.
    Bytes(Vec<u8>),
    /// No answer until the client gives up.
    Silence,
}

pub(crate) fn answer(status: u16, body: &str) -> Reply {
    Reply::Answer(status, body.to_owned())
}

/// A request as it came in; header names in lower case.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn is_for_token(&self) -> bool {
        self.line.starts_with("POST /accesstoken/get ")
    }

    /// Reads one request; `None` when the connection ended.
    pub(crate) fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut one = [0_u8];
        while !bytes.ends_with(b"\r\n\r\n") {
            if stream.read(&mut one).ok()? == 0 {
                return None;
            }
            bytes.push(one[0]);
        }
        let head = String::from_utf8(bytes).unwrap();
        let mut lines = head.lines();
        let line = lines.next()?.to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut request = Self { line, headers, body: String::new() };
        let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        stream.read_exact(&mut body).ok()?;
        request.body = String::from_utf8(body).unwrap();
        Some(request)
    }
}

pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Answers each request by the script.
    pub(crate) fn start(script: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self { address: listener.local_addr().unwrap(), seen: Arc::default() };
        let (script, seen) = (Arc::new(script), Arc::clone(&server.seen));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (script, seen) = (Arc::clone(&script), Arc::clone(&seen));
                std::thread::spawn(move || serve(stream.unwrap(), &seen, &*script));
            }
        });
        server
    }

    /// Gives out tokens, and this to every other call.
    pub(crate) fn always(reply: Reply) -> Self {
        Self::start(move |request| if request.is_for_token() { answer(200, TOKEN) } else { reply.clone() })
    }

    /// Where it listens.
    pub(crate) fn base_url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) fn token_calls(&self) -> usize {
        self.seen().iter().filter(|request| request.is_for_token()).count()
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, script: &dyn Fn(&Request) -> Reply) {
    while let Some(request) = Request::read(&mut stream) {
        seen.lock().unwrap().push(request.clone());
        // A client that went away is what some tests are about.
        let written = match script(&request) {
            Reply::Answer(status, body) => {
                let retry = if status == 200 { "" } else { "Retry-After: 7\r\n" };
                let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n{retry}\r\n", body.len());
                stream.write_all(format!("{head}{body}").as_bytes())
            }
            Reply::Bytes(bytes) => {
                drop(stream.write_all(&bytes));
                return;
            }
            Reply::Silence => {
                drop(stream.read(&mut [0_u8]));
                return;
            }
        };
        if written.is_err() {
            return;
        }
    }
}
