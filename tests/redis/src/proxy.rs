use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands between a store and its server, and cuts connections.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    cuts: Arc<Cuts>,
}

/// What is to be cut, and what was.
#[derive(Debug, Default)]
struct Cuts {
    /// So many requests with the mark are cut off from their replies.
    replies: AtomicUsize,
    /// So many requests with the mark do not get to the server.
    requests: AtomicUsize,
}

/// A request that has this in it may be cut.
pub const MARK: &str = "thing.cut";

impl Proxy {
    /// Listens on a free port of the loopback, before a server on another.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let (port, cuts) = (listener.local_addr().unwrap().port(), Arc::<Cuts>::default());
        let shared = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, Arc::clone(&shared)));
            }
        });
        Self { port, cuts }
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Cuts the connection of the next request with the [`MARK`] before its reply comes through.
    pub fn cut_reply(&self) {
        self.cuts.replies.store(1, Ordering::SeqCst);
    }

    /// Cuts the connection of the next request with the [`MARK`] before it gets to the server.
    pub fn cut_request(&self) {
        self.cuts.requests.store(1, Ordering::SeqCst);
    }

    /// Whether all was cut that was to be.
    pub fn has_cut(&self) -> bool {
        [&self.cuts.replies, &self.cuts.requests]
            .iter()
            .all(|left| left.load(Ordering::SeqCst) == 0)
    }
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// Carries bytes both ways until one side ends, or it is cut.
async fn carry(mut client: TcpStream, server: u16, cuts: Arc<Cuts>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut up, mut down) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    let mut cut_reply = false;
    loop {
        tokio::select! {
            sent = client.read(&mut up) => {
                let Ok(sent @ 1..) = sent else { return };
                let bytes = up.get(..sent).unwrap_or_default();
                let marked = bytes.windows(MARK.len()).any(|part| part == MARK.as_bytes());
                if marked && take(&cuts.requests) {
                    return;
                }
                cut_reply |= marked && take(&cuts.replies);
                if server.write_all(bytes).await.is_err() {
                    return;
                }
            }
            told = server.read(&mut down) => {
                let Ok(told @ 1..) = told else { return };
                if cut_reply {
                    return;
                }
                if client.write_all(down.get(..told).unwrap_or_default()).await.is_err() {
                    return;
                }
            }
        }
    }
}
