//! Which endpoints are taken, what requests are signed with, and who gets to see a secret.

use std::sync::atomic::Ordering;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::super::receiver::{Heard, Receiver};
use super::super::service::Api;
use super::done;

const OWN: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Whether a library from outside takes the request for one that was signed with this secret.
fn is_signed(heard: &Heard, secret: &str) -> bool {
    let headers: HeaderMap = heard
        .headers
        .iter()
        .map(|(name, value)| {
            let name = HeaderName::try_from(name).unwrap();
            (name, HeaderValue::try_from(value).unwrap())
        })
        .collect();
    Webhook::new(secret)
        .unwrap()
        .verify(&heard.bytes, &headers)
        .is_ok()
}

/// The library takes no timestamp that is off by more than 5 minutes.
fn set_the_clock(api: &Api) {
    let now = jiff::Timestamp::now().as_millisecond();
    api.test
        .now
        .store(u64::try_from(now).unwrap(), Ordering::SeqCst);
}

#[tokio::test]
async fn a_push_is_signed_by_standard_webhooks() {
    let api = Api::start().await;
    set_the_clock(&api);
    let receiver = Receiver::saying(done()).await;
    let made = api.target(&receiver, json!({})).await;
    let secret = made.body["target_secret"].as_str().unwrap();
    let id = api
        .submit(json!({"queue": "q", "payload": {"text": "é\u{0}"}}))
        .await;
    let heard = receiver.until_heard(1).await.remove(0);
    assert_eq!(heard.headers["webhook-id"], format!("{id}_1"));
    assert!(is_signed(&heard, secret));
    assert!(!is_signed(&heard, OWN));
    let mut forged = heard;
    forged.bytes[0] = b'[';
    assert!(!is_signed(&forged, secret));
}

#[tokio::test]
async fn a_secret_of_ones_own_signs_and_a_rotated_one_beside_the_one_before() {
    let api = Api::start().await;
    set_the_clock(&api);
    let receiver = Receiver::saying(done()).await;
    let node = json!({"endpoint": receiver.url, "queues": ["q"], "secret": OWN});
    let reply = api.put("/v1/nodes/hook", node).await;
    assert!(reply.body.get("secret").is_none(), "{}", reply.text);
    api.submit_one().await;
    assert!(is_signed(&receiver.until_heard(1).await[0], OWN));
    let rotated = api.act("/v1/nodes/hook/rotate-secret").await;
    let secret = rotated.body["secret"].as_str().unwrap().to_owned();
    // The pusher hears of it as of everything else; what is claimed afterwards has both signatures.
    let mut count = 1;
    let heard = loop {
        api.submit_one().await;
        count += 1;
        let heard = receiver.until_heard(count).await.remove(count - 1);
        if is_signed(&heard, &secret) {
            break heard;
        }
        assert!(count < 1_000, "the rotated secret never signs");
    };
    assert!(is_signed(&heard, OWN));
    assert_eq!(heard.headers["webhook-signature"].split(' ').count(), 2);
}

#[tokio::test]
async fn a_secret_is_told_once_and_never_listed() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let target = api.target(&receiver, json!({})).await.body["target_secret"].clone();
    let node = json!({"endpoint": receiver.url});
    let secret = api.put("/v1/nodes/hook", node).await.body["secret"].clone();
    assert_eq!(
        api.get("/v1/nodes/hook").await.body["queues"],
        json!(["default"])
    );
    let rotated = api.act("/v1/queues/q/rotate-secret").await.body["secret"].clone();
    let patched = api
        .patch("/v1/queues/q", json!({"target_secret": OWN}))
        .await;
    assert_eq!(patched.status, 200, "{}", patched.text);
    let secrets = [target, secret, rotated, json!(OWN)];
    for path in [
        "/v1/queues/q",
        "/v1/queues",
        "/v1/nodes/hook",
        "/v1/nodes",
        "/v1/queues/q/stats",
    ] {
        let shown = api.get(path).await.text;
        for secret in &secrets {
            let secret = secret.as_str().unwrap();
            assert!(
                secret.starts_with("whsec_") && !shown.contains(secret),
                "{path}: {shown}"
            );
        }
        assert!(!shown.contains("whsec_"), "{path}: {shown}");
    }
    assert!(!patched.text.contains("whsec_"), "{}", patched.text);
}

#[tokio::test]
async fn a_secret_is_for_something_that_has_an_endpoint() {
    let api = Api::start().await;
    api.submit_one().await;
    api.register("pull", json!({})).await;
    for (path, code) in [
        ("/v1/queues/none/rotate-secret", (404, "queue_not_found")),
        ("/v1/nodes/none/rotate-secret", (404, "node_unknown")),
        ("/v1/queues/q/rotate-secret", (409, "invalid_state")),
        ("/v1/nodes/pull/rotate-secret", (409, "invalid_state")),
    ] {
        assert_eq!(api.act(path).await.failure(), code, "{path}");
    }
    let queue = api.put("/v1/queues/q", json!({"target_secret": OWN})).await;
    assert_eq!(
        (queue.status, queue.pointers()),
        (422, vec!["/target_secret"])
    );
    for (field, value) in [("secret", json!(OWN)), ("queues", json!(["q"]))] {
        let mut body = json!({});
        body[field] = value;
        let reply = api.put("/v1/nodes/pull", body).await;
        assert_eq!(
            (reply.status, reply.pointers()),
            (422, vec![format!("/{field}").as_str()])
        );
    }
}

#[tokio::test]
async fn an_endpoint_that_must_not_be_called_is_422_with_a_pointer() {
    let api = Api::start().await;
    for url in [
        "http://example.com/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "http://[::1]:8080/",
        "https://127.0.0.2/",
        "http://2130706434/",
        "https://user:pass@127.0.0.1/",
        "ftp://127.0.0.1/",
        "nonsense",
        "",
        "https://no-such-name.invalid/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
    ] {
        let node = api.put("/v1/nodes/n", json!({"endpoint": url})).await;
        assert_eq!(
            (node.status, node.pointers()),
            (422, vec!["/endpoint"]),
            "{url}"
        );
        for reply in [
            api.put("/v1/queues/q", json!({"target": url})).await,
            api.patch("/v1/queues/q", json!({"target": url})).await,
        ] {
            assert_eq!(
                (reply.status, reply.pointers()),
                (422, vec!["/target"]),
                "{url}"
            );
        }
    }
    assert_eq!(api.get("/v1/nodes/n").await.status, 404);
    for (field, value) in [
        ("target_concurrency", json!(0)),
        ("target_concurrency", json!(1_001)),
        ("target_secret", json!("whsec_short")),
    ] {
        let mut body = json!({"target": "http://127.0.0.1:1/"});
        body[field] = value;
        let reply = api.put("/v1/queues/q", body).await;
        assert_eq!(
            (reply.status, reply.pointers()),
            (422, vec![format!("/{field}").as_str()])
        );
        assert!(!reply.text.contains("whsec_short"), "{}", reply.text);
    }
}

#[tokio::test]
async fn https_is_spoken_to_who_has_a_certificate_that_is_trusted() {
    let api = Api::start().await;
    let receiver = Receiver::start(true, |_| done()).await;
    api.target(&receiver, json!({})).await;
    let id = api.submit_one().await;
    api.until_state(&id, "succeeded").await;
    // The certificate is for another name.
    let url = receiver.url.replace("127.0.0.1", "[::1]");
    let refused = api.put("/v1/queues/q", json!({"target": url})).await;
    assert_eq!(refused.status, 422);
    assert_eq!(receiver.heard().len(), 1);
}

#[tokio::test]
async fn settings_merge_and_replace_as_others_do() {
    let api = Api::start().await;
    let receiver = Receiver::saying(done()).await;
    let made = api
        .target(&receiver, json!({"target_concurrency": 7}))
        .await;
    assert!(made.body["target_secret"].is_string());
    let merged = api.patch("/v1/queues/q", json!({"max_attempts": 5})).await;
    assert_eq!(merged.body["target"], receiver.url);
    assert_eq!(merged.body["target_concurrency"], 7);
    assert!(
        merged.body.get("target_secret").is_none(),
        "{}",
        merged.text
    );
    let replaced = api
        .put("/v1/queues/q", json!({"target": receiver.url}))
        .await;
    assert_eq!(replaced.body["target_concurrency"], 10);
    // A target that was away gets a secret of its own again.
    let without = api.put("/v1/queues/q", json!({})).await;
    assert_eq!(without.body.get("target"), None::<&Value>);
    let again = api
        .put("/v1/queues/q", json!({"target": receiver.url}))
        .await;
    assert_ne!(again.body["target_secret"], made.body["target_secret"]);
    assert!(again.body["target_secret"].is_string());
    api.put("/v1/queues/q", json!({})).await;
    assert_eq!(api.delete("/v1/queues/q").await.status, 204);
    api.test.audit().await;
}
