use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};

/// A client that stands still while it has a server run a statement, this many bytes before the end of
/// what it has to send.
///
/// # Panics
/// If there is no server at the port.
pub fn stand_still(port: u16, sql: &str, kept_back: usize) -> TcpStream {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    start_up(&mut stream);
    let all = messages(sql);
    stream.write_all(all.get(..all.len() - kept_back).unwrap()).unwrap();
    stream
}

/// The messages Parse, Bind, Execute and Sync of a statement.
fn messages(sql: &str) -> Vec<u8> {
    let mut all = Vec::new();
    let mut message = |kind: u8, body: &[u8]| {
        all.push(kind);
        all.extend(u32::try_from(body.len() + 4).unwrap().to_be_bytes());
        all.extend(body);
    };
    message(b'P', &[b"\0", sql.as_bytes(), b"\0\0\0"].concat());
    message(b'B', &[0; 8]);
    message(b'E', &[0; 5]);
    message(b'S', &[]);
    all
}

fn start_up(stream: &mut TcpStream) {
    let body = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], body].concat()).unwrap();
    let mut seen = Vec::new();
    // Until the server is ready for a query, outside of a transaction.
    while !seen.ends_with(b"Z\0\0\0\x05I") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        seen.extend(byte);
    }
}
