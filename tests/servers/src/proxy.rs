use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A way to a server that can be cut: it passes on what it is sent, in both directions, on the loopback.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    to: u16,
    cut_replies: AtomicBool,
    /// The next request that has this in it is cut, if there is any.
    marked: Mutex<Option<Marked>>,
    open: Mutex<Vec<TcpStream>>,
}

/// A request that is to be cut.
#[derive(Debug)]
struct Marked {
    mark: &'static str,
    /// Whether it comes through, and only its reply does not.
    passes: bool,
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
            to: port,
            cut_replies: AtomicBool::new(false),
            marked: Mutex::new(None),
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

    /// Cuts the connection of the next request that has this in it before its reply comes through.
    pub fn cut_reply_to(&self, mark: &'static str) {
        *locked(&self.shared.marked) = Some(Marked { mark, passes: true });
    }

    /// Cuts the connection of the next request that has this in it before it gets to the server.
    pub fn cut_request_with(&self, mark: &'static str) {
        *locked(&self.shared.marked) = Some(Marked { mark, passes: false });
    }

    /// Whether the request came that was to be cut.
    pub fn has_cut(&self) -> bool {
        locked(&self.shared.marked).is_none()
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        for stream in locked(&self.shared.open).drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn serve(self: &Arc<Self>, client: TcpStream) {
        let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.to)) else { return };
        let (Ok(client_again), Ok(server_again)) = (client.try_clone(), server.try_clone()) else {
            return;
        };
        locked(&self.open).extend([client.try_clone(), server.try_clone()].into_iter().flatten());
        let cut_reply = Arc::new(AtomicBool::new(false));
        let (asking, cut_next) = (Arc::clone(self), Arc::clone(&cut_reply));
        std::thread::spawn(move || {
            pass(client, server, |bytes| asking.lets_through(bytes, &cut_next));
        });
        let answering = Arc::clone(self);
        std::thread::spawn(move || {
            pass(server_again, client_again, |_| {
                !answering.cut_replies.load(Ordering::SeqCst) && !cut_reply.load(Ordering::SeqCst)
            });
        });
    }

    /// Whether this part of a request gets to the server; takes note where its reply is to be cut.
    fn lets_through(&self, bytes: &[u8], cut_reply: &AtomicBool) -> bool {
        let mut marked = locked(&self.marked);
        let is_in = |mark: &str| bytes.windows(mark.len()).any(|part| part == mark.as_bytes());
        match marked.take_if(|marked| is_in(marked.mark)) {
            Some(Marked { passes: true, .. }) => {
                cut_reply.store(true, Ordering::SeqCst);
                true
            }
            Some(_) => false,
            None => true,
        }
    }
}

/// Passes bytes on until one side ends, or they are not let through.
fn pass(mut from: TcpStream, mut to: TcpStream, lets_through: impl Fn(&[u8]) -> bool) {
    let mut buffer = [0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..read).unwrap_or_default();
        if !lets_through(bytes) || to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
