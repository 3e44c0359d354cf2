//! What the commands send that drain nodes.

use super::recorder::request;

#[tokio::test]
async fn drain_and_resume_name_their_node() {
    assert_eq!(
        request(&["node", "drain", "n"]).await,
        "POST /v1/nodes/n/drain {}"
    );
    let drain = [
        "node",
        "drain",
        "n",
        "--deadline-ms",
        "5",
        "--reason",
        "new kernel",
    ];
    assert_eq!(
        request(&drain).await,
        "POST /v1/nodes/n/drain {\"deadline_ms\":5,\"reason\":\"new kernel\"}"
    );
    assert_eq!(
        request(&["node", "resume", "n"]).await,
        "POST /v1/nodes/n/resume"
    );
}
