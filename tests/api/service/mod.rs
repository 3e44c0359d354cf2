//! The service as a test calls it.
//!
//! [`Api`] is one in this process, on a store of its own; [`Caller`] speaks with it, or with one wherever a URL
//! leads, and checks every [`Reply`].

mod caller;
mod reply;

use std::time::Duration;

use taskyard::api::{self, state};
use taskyard::dispatcher;
use taskyard::domain::Limits;
use taskyard::domain::egress::EgressRules;
use taskyard::domain::fleet::QuarantineRule;
use taskyard::egress::{Egress, Roots, SystemNames};
use taskyard::server::connections;
use taskyard::server::patience::Patience;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::api::receiver::TestCertificate;
use crate::support::TestStore;

pub(crate) use self::caller::Caller;
pub(crate) use self::reply::{Lease, Reply};

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
