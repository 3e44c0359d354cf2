//! Start, crash and stop.

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use deadpool_redis::redis;
use rustix::process::Signal;
use tempfile::tempdir;

use super::service::{Service, eventually, is_alive, send};

#[test]
fn the_first_line_names_the_url_that_answers() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    assert!(service.get("/healthz").starts_with("HTTP/1.1 200 OK"));
}

#[test]
fn a_killed_service_leaves_no_redis() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let redis = service.redis_pid();
    assert!(is_alive(redis));
    service.crash();
    eventually("Redis follows the service", || {
        (!is_alive(redis)).then_some(())
    });
}

#[test]
fn a_start_right_after_a_kill_finds_everything() {
    let dir = tempdir().unwrap();
    for round in 0..4 {
        let service = Service::start(dir.path());
        let kept: Vec<String> = service.redis(&["KEYS", "[0-9]"]);
        assert_eq!(kept.len(), round);
        let () = service.redis(&["SET", &round.to_string(), "kept"]);
        service.crash();
    }
}

#[test]
fn a_leftover_that_hears_no_sigterm_is_ended_by_the_next_start() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let () = service.redis(&["SET", "k", "kept"]);
    let leftover = service.redis_pid();
    // While a script runs, Redis puts off its end.
    let mut busy = service.redis_connection();
    busy.send_packed_command(
        &redis::cmd("EVAL")
            .arg("while true do end")
            .arg(0)
            .get_packed_command(),
    )
    .unwrap();
    service.crash();
    assert!(is_alive(leftover));

    let service = Service::start(dir.path());
    assert!(!is_alive(leftover));
    let value: String = service.redis(&["GET", "k"]);
    assert_eq!(value, "kept");
}

#[test]
fn a_redis_that_dies_is_started_again() {
    let dir = tempdir().unwrap();
    let service = Service::start(dir.path());
    let first = service.redis_pid();
    send(first, Signal::KILL);
    let second = eventually("another Redis", || {
        Some(service.redis_pid()).filter(|pid| *pid != first)
    });
    service.crash();
    eventually("it follows the service as well", || {
        (!is_alive(second)).then_some(())
    });
}

#[test]
fn sigterm_stops_the_service_and_then_redis() {
    let dir = tempdir().unwrap();
    let mut service = Service::start(dir.path());
    let redis = service.redis_pid();
    service.signal(Signal::TERM);
    assert_eq!(service.exit_code(), Some(0));
    assert!(!is_alive(redis));
    let log = fs::read_to_string(service.data_dir.join("redis.log")).unwrap();
    assert!(log.contains("ready to exit"), "{log}");
}

#[test]
fn a_second_signal_ends_at_once() {
    let dir = tempdir().unwrap();
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130)] {
        let mut service = Service::start(dir.path());
        let redis = service.redis_pid();
        // A request that is still coming in holds up the orderly stop.
        let mut unfinished = TcpStream::connect(&service.address).unwrap();
        unfinished.write_all(b"GET /healthz HTTP/1.1\r\n").unwrap();
        assert!(service.get("/healthz").starts_with("HTTP/1.1 200 OK"));

        let started = Instant::now();
        service.signal(Signal::TERM);
        eventually("nothing is accepted any more", || {
            TcpStream::connect(&service.address).err()
        });
        service.signal(signal);
        assert_eq!(service.exit_code(), Some(code));
        assert!(started.elapsed() < Duration::from_secs(5));
        eventually("Redis follows the service", || {
            (!is_alive(redis)).then_some(())
        });
    }
}
