//! The table of settings in docs/operations.md has what the program has, and nothing else.

use std::collections::BTreeMap;

use clap::{Args, Command};
use taskyard::config::{ClientArgs, SettingsArgs};

use crate::ops::service::taskyard;

/// What a row, or the program, says of a setting; the key is its flag.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    name: String,
    variable: String,
    default: String,
}

/// Rows of five cells: name in the file, flag, variable, default, meaning.
fn documented() -> BTreeMap<String, Setting> {
    let document = include_str!("../../docs/operations.md");
    let bare = |cell: &str| cell.trim().trim_matches('`').to_owned();
    let rows = document.lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| ")?.split(" | ").collect();
        let [name, flag, variable, default, _] = cells[..] else {
            return None;
        };
        let setting = Setting {
            name: bare(name),
            variable: bare(variable),
            default: bare(default),
        };
        flag.starts_with("`--").then(|| (bare(flag), setting))
    });
    rows.collect()
}

/// `config show` without any setting: each name, below its table, with its default.
fn defaults() -> BTreeMap<String, String> {
    let dir = tempfile::tempdir().unwrap();
    let output = taskyard(dir.path())
        .args(["config", "show"])
        .output()
        .unwrap();
    let mut table = String::new();
    let mut found = BTreeMap::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = name.replace(']', ".");
        } else if let Some((name, value)) = line.split_once(" = ") {
            let (value, origin) = value.rsplit_once(" # ").unwrap();
            assert_eq!(origin, "default", "{line}");
            found.insert(format!("{table}{name}"), value.trim_matches('"').to_owned());
        } else if let Some(name) = line.strip_suffix(" is not set") {
            let name = name.trim_start_matches("# ");
            found.insert(format!("{table}{name}"), "–".to_owned());
        }
    }
    found
}

fn of_the_program() -> BTreeMap<String, Setting> {
    let command = ClientArgs::augment_args(SettingsArgs::augment_args(Command::new("serve")));
    let mut defaults = defaults();
    let mut found = BTreeMap::new();
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let name = ["", "limits.", "client."].map(|table| format!("{table}{id}"));
        let name = name.into_iter().find(|name| defaults.contains_key(name));
        let setting = Setting {
            default: name
                .as_ref()
                .and_then(|name| defaults.remove(name))
                .unwrap_or_else(|| "–".to_owned()),
            name: name.unwrap_or_else(|| "–".to_owned()),
            variable: argument.get_env().unwrap().to_str().unwrap().to_owned(),
        };
        found.insert(format!("--{}", argument.get_long().unwrap()), setting);
    }
    assert!(defaults.is_empty(), "settings without a flag: {defaults:?}");
    found
}

#[test]
fn the_table_of_settings_is_the_programs() {
    let (documented, program) = (documented(), of_the_program());
    for (flag, setting) in &program {
        assert_eq!(documented.get(flag), Some(setting), "the row of {flag}");
    }
    for flag in documented.keys() {
        assert!(program.contains_key(flag), "there is no {flag}");
    }
}
