use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A way to a server that can be cut: it passes on what it is sent, in both directions, on the loopback.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    to: AtomicU16,
    cut_replies: AtomicBool,
    cuts: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A proxy to a port of the loopback.
    ///
    /// # Panics
    /// If it cannot listen.
    pub fn to(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let own = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            to: AtomicU16::new(port),
            cut_replies: AtomicBool::new(false),
            cuts: AtomicUsize::new(0),
            open: Mutex::new(Vec::new()),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                serving.serve(client);
            }
        });
        Self { port: own, shared }
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// From now on each connection is cut when the server answers on it: the request has come through,
    /// the reply does not.
    pub fn cut_replies(&self, cut: bool) {
        self.shared.cut_replies.store(cut, Ordering::SeqCst);
    }

    /// How many connections were cut in the middle of an answer.
    pub fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        for stream in self.shared.open().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(self: &Arc<Self>, client: TcpStream) {
        let to = self.to.load(Ordering::SeqCst);
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, to)) else { return };
        let (Ok(client_again), Ok(server_again)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        self.open().extend([client.try_clone(), server.try_clone()].into_iter().flatten());
        let (asking, answering) = (Arc::clone(self), Arc::clone(self));
        std::thread::spawn(move || asking.pass(client, server, false));
        std::thread::spawn(move || answering.pass(server_again, client_again, true));
    }

    fn pass(&self, mut from: TcpStream, mut to: TcpStream, is_reply: bool) {
        let mut buffer = [0; 64 * 1024];
        while let Ok(read) = from.read(&mut buffer) {
            if read == 0 {
                break;
            }
            if is_reply && self.cut_replies.load(Ordering::SeqCst) {
                self.cuts.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to.write_all(buffer.get(..read).unwrap_or_default()).is_err() {
                break;
            }
        }
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
