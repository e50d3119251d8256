//! A server that sends bytes as they are: what the frames of a case are, no
//! library decides.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Barrier};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// RFC 6455 section 1.3.
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Opcodes of RFC 6455 section 5.2.
pub(crate) const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
const CLOSE: u8 = 8;
pub(crate) const PING: u8 = 9;

/// A frame as a server sends it.
pub(crate) fn frame(last: bool, opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![u8::from(last) << 7 | opcode];
    let length = payload.len();
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ 0..126), _) => frame.push(short),
        (_, Ok(medium)) => {
            frame.push(126);
            frame.extend(medium.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// Serves on a free port until the tests end: whoever asks for `/N` gets the
/// N-th of these, and the connection stays open. The port.
pub(crate) fn serve(cases: Vec<Vec<u8>>) -> u16 {
    serve_and(cases, |_, connection| read_on(connection))
}

/// The same for clients that send nothing and are then stopped together: when
/// each has sent its close frame, that of `/0` is answered, and no other ever.
pub(crate) fn serve_and_answer_the_first_close(cases: Vec<Vec<u8>>) -> u16 {
    let all = Arc::new(Barrier::new(cases.len()));
    serve_and(cases, move |case, connection| {
        let mut first = [0];
        let closed = matches!(connection.read(&mut first), Ok(1)) && first[0] & 0xf == CLOSE;
        if closed {
            all.wait();
        }
        if case == 0 {
            // A client that does not wait for it is what the test sees.
            let _ = connection.write_all(&frame(true, CLOSE, &1000_u16.to_be_bytes()));
        }
        read_on(connection);
    })
}

fn read_on(connection: &mut TcpStream) {
    let mut rest = [0; 1024];
    while matches!(connection.read(&mut rest), Ok(1..)) {}
}

fn serve_and(
    cases: Vec<Vec<u8>>,
    then: impl Fn(usize, &mut TcpStream) + Clone + Send + 'static,
) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (cases, then) = (cases.clone(), then.clone());
            let mut connection = connection.expect("a connection");
            thread::spawn(move || {
                if let Some(case) = answer(&mut connection, &cases) {
                    then(case, &mut connection);
                }
            });
        }
    });
    port
}

/// Answers the upgrade and sends a case; its number.
fn answer(connection: &mut TcpStream, cases: &[Vec<u8>]) -> Option<usize> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && matches!(connection.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let key = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then_some(value.trim())
    });
    let path = head.split(' ').nth(1).unwrap_or_default();
    let case = path.trim_start_matches('/').parse::<usize>();
    let (Some(key), Ok(case)) = (key, case) else {
        return None;
    };
    let accept = STANDARD.encode(
        sha1_smol::Sha1::from(format!("{key}{GUID}"))
            .digest()
            .bytes(),
    );
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    // A client that is gone ends the tests by what is missing.
    let sent = connection.write_all(answer.as_bytes());
    let sent = sent.and_then(|()| connection.write_all(&cases[case]));
    sent.ok().map(|()| case)
}
