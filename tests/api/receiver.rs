//! A receiver of pushed tasks, on a port of this machine: it keeps what it heard and answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;

use super::service::LIMIT;

/// A certificate for 127.0.0.1 and `localhost`, and the authority that has signed it.
pub(crate) struct TestCertificate {
    /// PEM.
    pub(crate) authority: String,
    server: Arc<ServerConfig>,
}

impl TestCertificate {
    /// The one of this process.
    pub(crate) fn get() -> &'static Self {
        static MADE: OnceLock<TestCertificate> = OnceLock::new();
        MADE.get_or_init(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let authority =
                CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
            let names = vec!["127.0.0.1".to_owned(), "localhost".to_owned()];
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(names).unwrap();
            let certificate = params.signed_by(&key, &authority).unwrap();
            let server = ServerConfig::builder()
                .with_no_client_auth()
                .with_single_cert(
                    vec![certificate.der().clone()],
                    key.serialize_der().try_into().unwrap(),
                )
                .unwrap();
            Self {
                authority: authority.pem(),
                server: Arc::new(server),
            }
        })
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// `POST /path HTTP/1.1`.
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Vec<u8>,
    /// The body.
    pub(crate) body: Value,
}

/// What the receiver sends back.
#[derive(Debug, Clone)]
pub(crate) struct Says {
    bytes: Vec<u8>,
    /// Whether it leaves the connection open.
    hangs: bool,
    /// What it waits for before it says anything.
    after: Option<CancellationToken>,
}

impl Says {
    /// A status with a reason, further header lines, and a body.
    pub(crate) fn status(status: &str, headers: &str, body: &str) -> Self {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
        );
        Self::bytes(text)
    }

    pub(crate) fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            hangs: false,
            after: None,
        }
    }

    /// The same, once the token is cancelled.
    pub(crate) fn after(self, token: &CancellationToken) -> Self {
        Self {
            after: Some(token.clone()),
            ..self
        }
    }

    /// Nothing more, and the connection stays open.
    pub(crate) fn and_hangs(self) -> Self {
        Self {
            hangs: true,
            ..self
        }
    }
}

#[derive(Default)]
struct Known {
    heard: Vec<Heard>,
    /// Connections that the other side ended while this one kept them open.
    hung_up: usize,
    /// Requests that are being answered, and the most there ever were.
    open: usize,
    most_open: usize,
}

type Script = dyn Fn(&Heard) -> Says + Send + Sync;

/// The receiver; dropped, it is gone.
pub(crate) struct Receiver {
    pub(crate) url: String,
    known: Arc<Mutex<Known>>,
    script: Arc<Mutex<Arc<Script>>>,
    listener: AbortHandle,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl Receiver {
    /// One that answers every request the same.
    pub(crate) async fn saying(says: Says) -> Self {
        Self::start(false, move |_| says.clone()).await
    }

    /// One that answers each request as `script` says.
    pub(crate) async fn answering(script: impl Fn(&Heard) -> Says + Send + Sync + 'static) -> Self {
        Self::start(false, script).await
    }

    /// The same over TLS.
    pub(crate) async fn start(
        secure: bool,
        script: impl Fn(&Heard) -> Says + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if secure { "https" } else { "http" };
        let known = Arc::new(Mutex::new(Known::default()));
        let script: Arc<Mutex<Arc<Script>>> = Arc::new(Mutex::new(Arc::new(script)));
        let (memory, plays) = (Arc::clone(&known), Arc::clone(&script));
        let tls = TlsAcceptor::from(Arc::clone(&TestCertificate::get().server));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (memory, plays, tls) = (Arc::clone(&memory), Arc::clone(&plays), tls.clone());
                tokio::spawn(async move {
                    if secure {
                        if let Ok(stream) = tls.accept(stream).await {
                            serve(stream, &memory, &plays).await;
                        }
                    } else {
                        serve(stream, &memory, &plays).await;
                    }
                });
            }
        });
        Self {
            url: format!("{scheme}://127.0.0.1:{port}/tasks"),
            known,
            script,
            listener: task.abort_handle(),
        }
    }

    /// From now on it answers otherwise.
    pub(crate) fn now_says(&self, says: Says) {
        *self.script.lock().unwrap() = Arc::new(move |_: &Heard| says.clone());
    }

    /// What it has heard.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.known.lock().unwrap().heard.clone()
    }

    /// The most requests that were open at once.
    pub(crate) fn most_open(&self) -> usize {
        self.known.lock().unwrap().most_open
    }

    /// Waits until it has heard so many requests.
    pub(crate) async fn until_heard(&self, count: usize) -> Vec<Heard> {
        self.until(|known| known.heard.len() >= count).await;
        self.heard()
    }

    /// Waits until the other side has ended so many connections that this one kept open.
    pub(crate) async fn until_hung_up(&self, count: usize) {
        self.until(|known| known.hung_up >= count).await;
    }

    async fn until(&self, is: impl Fn(&Known) -> bool) {
        let poll = async {
            while !is(&self.known.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(LIMIT, poll)
            .await
            .expect("the receiver waits in vain");
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    known: &Mutex<Known>,
    script: &Mutex<Arc<Script>>,
) {
    let Some(heard) = read(&mut stream).await else {
        return;
    };
    {
        let mut known = known.lock().unwrap();
        known.heard.push(heard.clone());
        known.open += 1;
        known.most_open = known.most_open.max(known.open);
    }
    let script = Arc::clone(&script.lock().unwrap());
    let says = script(&heard);
    if let Some(token) = &says.after {
        token.cancelled().await;
    }
    let _ = stream.write_all(&says.bytes).await;
    let _ = stream.flush().await;
    if says.hangs {
        while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {}
        known.lock().unwrap().hung_up += 1;
    }
    let _ = stream.shutdown().await;
    known.lock().unwrap().open -= 1;
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Heard> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
    let (line, rest) = text.split_once("\r\n")?;
    let headers: BTreeMap<String, String> = rest
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let length: usize = headers.get("content-length")?.parse().ok()?;
    let mut body = bytes.split_off(head + 4);
    while body.len() < length {
        if stream.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    Some(Heard {
        line: line.to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
        bytes: body,
    })
}
