//! The service as a test calls it: in this process, or wherever a URL leads.

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use taskyard::api::{self, state};
use taskyard::dispatcher;
use taskyard::domain::Limits;
use taskyard::domain::egress::EgressRules;
use taskyard::domain::fleet::QuarantineRule;
use taskyard::egress::{Egress, Roots, SystemNames};
use taskyard::server::connections::{self, Patience};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::api::receiver::TestCertificate;
use crate::openapi::described;
use crate::support::{TestStore, http_client};

/// How long anything may take that has to come.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// As the program has it, but for the time it serves on after the signal to stop.
const PATIENCE: Patience = Patience {
    head: Duration::from_secs(5),
    idle: Duration::from_secs(75),
    answer: Duration::from_secs(30),
    farewell: LIMIT,
    stop: LIMIT,
};

/// The router on a port of its own, on a store of its own, with a clock that only the test moves.
pub(crate) struct Api {
    caller: Caller,
    pub(crate) test: TestStore,
    /// Who waits in this service.
    pub(crate) wakeups: dispatcher::Wakeups,
    /// The signal to stop; the service serves on for a while.
    pub(crate) stop: CancellationToken,
    /// What this service pushes.
    pub(crate) pushes: Option<dispatcher::push::Pushes>,
    _background: DropGuard,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    /// Waits until a claim waits.
    pub(crate) async fn until_a_claim_waits(&self) {
        self.until_claims_wait(1).await;
    }

    /// Waits until so many claims wait.
    pub(crate) async fn until_claims_wait(&self, count: usize) {
        let poll = async {
            while self.wakeups.waiting_claims() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LIMIT, poll)
            .await
            .expect("too few claims wait");
    }

    /// Waits until so many claims have looked, and rest.
    pub(crate) async fn until_claims_rest(&self, count: usize) {
        let poll = async {
            while self.wakeups.resting_claims() < count {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        // Thousands take their time on a busy machine.
        tokio::time::timeout(3 * LIMIT, poll)
            .await
            .expect("too few claims rest");
    }

    /// Waits until no claim waits.
    pub(crate) async fn until_no_claim_waits(&self) {
        let poll = async {
            while self.wakeups.waiting_claims() > 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LIMIT, poll)
            .await
            .expect("a claim waits on");
    }

    pub(crate) async fn with(limits: Limits) -> Self {
        let test = TestStore::start().await;
        let (stop, background) = (CancellationToken::new(), CancellationToken::new());
        let (wakeups, _) = dispatcher::start(&test.store, QuarantineRule::default(), &background);
        // A test's own receivers are on this machine; other loopback addresses are as foreign as any.
        let rules = EgressRules::new(vec!["127.0.0.1".parse().unwrap()]);
        let roots = Roots::parse(TestCertificate::get().authority.as_bytes()).unwrap();
        let egress = Egress::new(rules, roots, SystemNames);
        let pushes = dispatcher::push::start(
            &test.store,
            &wakeups,
            &egress,
            api::task_body,
            &limits,
            &stop,
        );
        let surface = api::surface(state::ApiState::new(state::Inner {
            store: test.store.clone(),
            wakeups: wakeups.clone(),
            egress,
            limits,
            shutdown: stop.clone(),
        }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = stop.clone();
        tokio::spawn(async move {
            connections::serve(listener, surface, limits.connections, &stopped, PATIENCE).await
        });
        Self {
            caller: Caller::new(&address.to_string()),
            test,
            wakeups,
            stop,
            pushes: Some(pushes),
            _background: background.drop_guard(),
        }
    }
}

impl std::ops::Deref for Api {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// A client that takes no failure for granted.
#[derive(Clone)]
pub(crate) struct Caller {
    pub(crate) address: String,
    http: reqwest::Client,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// The text as JSON, `null` when it is none.
    pub(crate) body: Value,
}

impl Caller {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            http: http_client(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, format!("http://{}{path}", self.address))
            .timeout(LIMIT)
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::POST, path).json(&body))
            .await
    }

    /// POST without a body.
    pub(crate) async fn act(&self, path: &str) -> Reply {
        self.send(self.request(Method::POST, path)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(self.request(Method::PATCH, path).json(&body))
            .await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// POST of text that need not be JSON.
    pub(crate) async fn post_text(&self, path: &str, text: impl Into<String>) -> Reply {
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/json")
            .body(text.into());
        self.send(request).await
    }

    /// Sends it, and checks the answer: that it is as the document says, and the whole form of a failure.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Reply {
        let asked = request.try_clone().and_then(|request| request.build().ok());
        let reply = self.try_send(request).await.unwrap();
        if let Some(asked) = asked {
            described::check(asked.method().as_str(), asked.url().path(), &reply);
        }
        if reply.status >= 400 {
            reply.check_problem();
            let page = reply.body["type"].as_str().unwrap();
            let page = self
                .try_send(self.request(Method::GET, page))
                .await
                .unwrap();
            assert_eq!(page.status, 200, "{} leads nowhere", reply.text);
            assert!(page.text.contains(reply.code()), "{}", page.text);
        }
        reply
    }

    async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Reply> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or_default();
        Ok(Reply {
            status,
            headers,
            text,
            body,
        })
    }

    /// Sends a head as it stands, for what no client library would send. The whole answer.
    pub(crate) async fn raw(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let head = format!("{head}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer))
            .await
            .expect("no answer in time")
            .unwrap();
        answer
    }

    /// Submits a task with these members, which has to be taken: its id.
    pub(crate) async fn submit(&self, task: Value) -> String {
        let reply = self.post("/v1/tasks", task).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
        reply.id()
    }

    /// A task of queue `q` with every default.
    pub(crate) async fn submit_one(&self) -> String {
        self.submit(json!({"queue": "q"})).await
    }

    /// Claims one task of queue `q` as node `n`, which has to be there.
    pub(crate) async fn claim_one(&self) -> Lease {
        let mut leases = self.claim("n", json!({"queues": ["q"]})).await;
        assert_eq!(leases.len(), 1);
        leases.remove(0)
    }

    /// Claims as `node`; the claim has to be answered.
    pub(crate) async fn claim(&self, node: &str, claim: Value) -> Vec<Lease> {
        let reply = self.post(&format!("/v1/nodes/{node}/claim"), claim).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.leases()
    }

    /// A task as it is.
    pub(crate) async fn task(&self, id: &str) -> Value {
        let reply = self.get(&format!("/v1/tasks/{id}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.body
    }

    /// Reports on a task: `verb` with the lease and these members.
    pub(crate) async fn report(&self, lease: &Lease, verb: &str, mut body: Value) -> Reply {
        body["lease_token"] = json!(lease.token);
        self.post(&format!("/v1/tasks/{}/{verb}", lease.id), body)
            .await
    }

    /// Registers a node: its session.
    pub(crate) async fn register(&self, node: &str, body: Value) -> String {
        let reply = self.put(&format!("/v1/nodes/{node}"), body).await;
        assert!(matches!(reply.status, 200 | 201), "{}", reply.text);
        reply.body["session"].as_str().unwrap().to_owned()
    }

    /// Polls a path until its answer is as it has to become.
    pub(crate) async fn until(&self, path: &str, is: impl Fn(&Reply) -> bool) -> Reply {
        let began = Instant::now();
        loop {
            let reply = self.get(path).await;
            if is(&reply) {
                return reply;
            }
            assert!(began.elapsed() < LIMIT, "{path} stays {}", reply.text);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The right to report on a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    pub(crate) id: String,
    pub(crate) token: String,
}

impl Reply {
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// Status and code: what a failure is told apart by.
    pub(crate) fn failure(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// Where the body is wrong.
    pub(crate) fn pointers(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array();
        errors
            .into_iter()
            .flatten()
            .map(|error| error["pointer"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The claimed tasks.
    pub(crate) fn leases(&self) -> Vec<Lease> {
        let tasks = self.body["tasks"].as_array().unwrap();
        tasks
            .iter()
            .map(|task| Lease {
                id: task["id"].as_str().unwrap().to_owned(),
                token: task["lease_token"].as_str().unwrap().to_owned(),
            })
            .collect()
    }

    /// A failure has the whole form of RFC 9457, and what Taskyard adds.
    fn check_problem(&self) {
        let (text, body) = (&self.text, &self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], self.status, "{text}");
        assert_eq!(body["type"], format!("/problems/{}", self.code()), "{text}");
        for member in ["title", "detail", "code", "request_id"] {
            let value = body[member].as_str().unwrap_or_default();
            assert!(!value.is_empty(), "{member} is missing: {text}");
        }
        assert!(body["retryable"].is_boolean(), "{text}");
        assert_eq!(body["request_id"], self.header("x-request-id"));
        if self.code() == "validation_failed" {
            assert!(!self.pointers().is_empty(), "{text}");
        }
        let repeats = matches!(self.status, 429 | 503);
        assert_eq!(!self.header("retry-after").is_empty(), repeats, "{text}");
        for secret in ["redis", "ERR ", "panicked", "src/"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}
