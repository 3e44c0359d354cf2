use std::path::Path;
use std::time::Instant;

use deadpool_redis::redis::{self, aio::MultiplexedConnection};

use super::*;

async fn connect(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answered = async {
            let mut connection = client.get_multiplexed_async_connection().await?;
            // It takes connections before it has loaded its data.
            let () = redis::cmd("PING").query_async(&mut connection).await?;
            redis::RedisResult::Ok(connection)
        };
        match answered.await {
            Ok(connection) => return connection,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn options(dir: &Path) -> PrivateRedisOptions {
    PrivateRedisOptions {
        maxmemory_bytes: Some(64 << 20),
        ..PrivateRedisOptions::new(dir)
    }
}

#[tokio::test]
async fn data_outlives_a_kill_and_a_stop() {
    let dir = tempfile::tempdir().unwrap();
    let server = PrivateRedis::start(options(dir.path())).await.unwrap();
    let first = server.pid().unwrap();
    let () = redis::cmd("SET")
        .arg("k")
        .arg("v")
        .query_async(&mut connect(&server.url()).await)
        .await
        .unwrap();

    server.kill().await;
    let value: String = redis::cmd("GET")
        .arg("k")
        .query_async(&mut connect(&server.url()).await)
        .await
        .unwrap();
    assert_eq!(value, "v");
    assert_ne!(server.pid().unwrap(), first);

    server.stop().await;
    let server = PrivateRedis::start(options(dir.path())).await.unwrap();
    let value: String = redis::cmd("GET")
        .arg("k")
        .query_async(&mut connect(&server.url()).await)
        .await
        .unwrap();
    assert_eq!(value, "v");
}

#[tokio::test]
async fn it_is_not_restarted_when_that_is_not_wanted() {
    let dir = tempfile::tempdir().unwrap();
    let server = PrivateRedis::start(PrivateRedisOptions {
        restart: false,
        ..options(dir.path())
    })
    .await
    .unwrap();
    server.kill().await;
    assert_eq!(server.pid(), None);
    server.stop().await;
}

#[tokio::test]
async fn a_directory_with_a_long_path_gets_a_loopback_port() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("x".repeat(90));
    let server = PrivateRedis::start(options(&deep)).await.unwrap();
    assert!(server.url().contains("@127.0.0.1:"));
    connect(&server.url()).await;
}

#[tokio::test]
async fn the_password_is_needed() {
    let dir = tempfile::tempdir().unwrap();
    let server = PrivateRedis::start(PrivateRedisOptions {
        loopback: true,
        ..options(dir.path())
    })
    .await
    .unwrap();
    let port = server.url().rsplit(':').next().unwrap().to_owned();
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}")).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let refused = redis::cmd("PING")
        .query_async::<()>(&mut connection)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Some("NOAUTH"));
}

#[tokio::test]
async fn a_server_that_cannot_start_tells_why() {
    let dir = tempfile::tempdir().unwrap();
    let extra = vec![("no-such-setting".to_owned(), "1".to_owned())];
    let error = PrivateRedis::start(PrivateRedisOptions {
        extra,
        ..options(dir.path())
    })
    .await
    .unwrap_err();
    assert!(
        matches!(error, PrivateRedisError::EndedAtStart { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("no-such-setting"), "{error}");
}

#[tokio::test]
async fn a_program_that_is_not_redis_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let with = |server: &str| PrivateRedisOptions {
        server: Some(server.into()),
        ..options(dir.path())
    };
    let error = PrivateRedis::start(with("/no/such/server"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, PrivateRedisError::ServerUnusable { .. }),
        "{error}"
    );
    let error = PrivateRedis::start(with("/bin/echo")).await.unwrap_err();
    assert!(
        matches!(error, PrivateRedisError::ServerUnknown { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn it_writes_on_when_its_log_was_put_aside() {
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("redis.log");
    let server = PrivateRedis::start(options(dir.path())).await.unwrap();
    log::put_aside(&log, 1).unwrap();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "");

    let () = redis::cmd("BGREWRITEAOF")
        .query_async(&mut connect(&server.url()).await)
        .await
        .unwrap();
    // It logs that the rewrite has begun before it answers.
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("rewriting started"), "{text}");
    server.stop().await;
}
