//! What a person is told when a command cannot do its work.

use super::Shell;
use crate::ops::service::printed;

#[test]
fn a_refusal_tells_title_detail_code_and_request() {
    let shell = Shell::start();
    let output = shell.run(&["task", "submit", "--queue", "q", "--priority", "101"]);
    assert_eq!(output.status.code(), Some(2));
    let said = printed(&output);
    let start = "error: The request is wrong: /priority: a priority lies between -100 and 100";
    assert!(said.starts_with(start), "{said}");
    assert!(said.contains("(validation_failed, request "), "{said}");
    assert_eq!(said.lines().count(), 1, "nothing is said twice: {said}");
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_sent() {
    let shell = Shell::start();
    let wrong: [(&[&str], &str); 5] = [
        (&["a/b"], "letters, digits"),
        (&["q", "--payload", "{"], "\"{\" is not JSON"),
        (&["q", "--payload", "@none"], "none cannot be read"),
        (&["q", "--metadata", "k"], "KEY=VALUE"),
        (
            &["q", "--delay-ms", "1", "--at", "x"],
            "cannot be used with",
        ),
    ];
    for (arguments, words) in wrong {
        shell.fails(
            &[&["task", "submit", "--queue"], arguments].concat(),
            2,
            words,
        );
    }
    assert_eq!(shell.told(&["queue", "list"]), "");
}

#[test]
fn a_service_that_is_away_is_told_at_once() {
    let shell = Shell::start();
    let away = ["task", "get", "x", "--url", "http://127.0.0.1:1"];
    shell.fails(&away, 8, "is it running? `taskyard serve` starts it");
}
