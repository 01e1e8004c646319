//! Sockets and connections: HTTP/1.1 on TCP and on Unix sockets, with limits, until told to stop.

use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use ::http::StatusCode;
use axum::Router;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::Service;

use crate::app::App;
use crate::limits::{CONNECTIONS_MAX, DRAIN_MAX, HEAD_BYTES_MAX, HEADERS_MAX, IDLE_MAX};
use crate::reply;

/// The ledger's files, its readers' connections, sockets, standard streams.
const FILES_BESIDE_CONNECTIONS: u64 = 200;

/// A bound socket.
#[derive(Debug)]
pub enum Socket {
    /// A TCP port.
    Tcp(TcpListener),
    /// A socket file, removed when this is dropped.
    Unix(UnixListener, SocketFile),
}

/// Removes its file.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Socket {
    /// Binds a TCP address.
    pub async fn tcp(address: SocketAddr) -> io::Result<Socket> {
        TcpListener::bind(address).await.map(Socket::Tcp)
    }

    /// Binds a socket file, for its owner only, as luigid does. A file that a dead server left is replaced.
    pub async fn unix(path: &Path) -> io::Result<Socket> {
        if let Ok(metadata) = std::fs::symlink_metadata(path) {
            if !metadata.file_type().is_socket() {
                return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the file exists and is no socket"));
            }
            if UnixStream::connect(path).await.is_ok() {
                return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server listens on it"));
            }
            std::fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Socket::Unix(listener, SocketFile(path.to_owned())))
    }

    /// Where clients reach it.
    pub fn url(&self) -> String {
        match self {
            Socket::Tcp(listener) => match listener.local_addr() {
                Ok(address) => format!("http://{address}"),
                Err(_) => "http://?".into(),
            },
            Socket::Unix(_, file) => {
                // As Luigi's client takes it: a slash in the path is written %2F.
                let path = file.0.display().to_string().replace('%', "%25").replace('/', "%2F");
                format!("http+unix://{path}")
            }
        }
    }
}

/// Lets this process have as many connections as [`CONNECTIONS_MAX`] says, as far as it may: the usual soft limit of 1,024
/// files is below 1,000 workers with two connections each.
pub fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = CONNECTIONS_MAX as u64 + FILES_BESIDE_CONNECTIONS;
    let Some(current) = limit.current.filter(|&current| current < wanted) else { return };
    let raised = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    if setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum: limit.maximum }).is_err() {
        tracing::warn!(files = current, "cannot raise the limit of open files");
    }
}

/// Serves connections; told to stop by [`Connections::stop`].
pub struct Connections {
    app: Arc<App>,
    router: Router,
    places: Arc<Semaphore>,
    stopping: watch::Sender<bool>,
}

impl Connections {
    /// Nothing is served yet.
    pub fn new(app: Arc<App>, router: Router) -> Connections {
        let (stopping, _) = watch::channel(false);
        Connections { app, router, places: Arc::new(Semaphore::new(CONNECTIONS_MAX)), stopping }
    }

    /// Accepts from a socket in the background.
    pub fn serve(&self, socket: Socket) {
        let (app, router, places) = (self.app.clone(), self.router.clone(), self.places.clone());
        let mut stopping = self.stopping.subscribe();
        let mut stopping_of_connections = self.stopping.subscribe();
        stopping_of_connections.mark_unchanged();
        tokio::spawn(async move {
            loop {
                let Ok(place) = places.clone().acquire_owned().await else { return };
                let accepted = tokio::select! {
                    accepted = accept(&socket) => accepted,
                    _ = stopping.changed() => return,
                };
                let stream = match accepted {
                    Ok(stream) => stream,
                    Err(error) => {
                        // Mostly: no file descriptor is left. A connection that closes will free one.
                        tracing::warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(Duration::from_millis(50)).await;
                        continue;
                    }
                };
                let (app, router, stopping) = (app.clone(), router.clone(), stopping_of_connections.clone());
                match stream {
                    Stream::Tcp(stream) => {
                        // Replies are small and awaited: never hold one back to fill a packet.
                        let _ = stream.set_nodelay(true);
                        tokio::spawn(connection(stream, app, router, stopping, place));
                    }
                    Stream::Unix(stream) => {
                        tokio::spawn(connection(stream, app, router, stopping, place));
                    }
                }
            }
        });
    }

    /// Takes no more connections, lets requests under way end, and returns when they have or when that takes too long.
    pub async fn stop(self) {
        let _ = self.stopping.send(true);
        // One place is held by each accept loop until it sees the signal, one by each connection.
        let all = self.places.acquire_many(CONNECTIONS_MAX as u32);
        if tokio::time::timeout(DRAIN_MAX, all).await.is_err() {
            tracing::info!("stopped with requests under way");
        }
    }
}

/// None: it panicked. Shared state is behind locks that no request leaves half changed.
struct CatchUnwind<F> {
    future: Pin<Box<F>>,
}

impl<F: Future> Future for CatchUnwind<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut TaskContext<'_>) -> Poll<Self::Output> {
        match std::panic::catch_unwind(AssertUnwindSafe(|| self.future.as_mut().poll(context))) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        }
    }
}

enum Stream {
    Tcp(tokio::net::TcpStream),
    Unix(UnixStream),
}

async fn accept(socket: &Socket) -> io::Result<Stream> {
    match socket {
        Socket::Tcp(listener) => listener.accept().await.map(|(stream, _)| Stream::Tcp(stream)),
        Socket::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Stream::Unix(stream)),
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    app: Arc<App>,
    router: Router,
    mut stopping: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let service = service_fn(move |request| {
        let (app, mut router) = (app.clone(), router.clone());
        async move {
            // A bug in one request must not take the connection's other requests with it.
            let reply = match (CatchUnwind { future: Box::pin(router.call(request)) }).await {
                Some(reply) => reply,
                None => Ok(reply::error(StatusCode::INTERNAL_SERVER_ERROR, "a bug in bussola: see the server's log")),
            };
            if let Ok(reply) = &reply {
                app.meters.replied(reply.status().as_u16());
            }
            reply
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        // Counts from the last reply, so it is the limit of an idle connection too.
        .header_read_timeout(IDLE_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stopping.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}
