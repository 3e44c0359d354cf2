//! Where the service is and what opens it, for the commands that talk to one.

use std::convert::Infallible;
use std::fmt;
use std::path::Path;
use std::str::FromStr;

use clap::ArgMatches;
use serde::Deserialize;
use toml::Value;

use super::show::{self, MASK};
use super::{Origin, Picker, SettingsError, file};

const DEFAULT_URL: &str = "http://127.0.0.1:8080";

/// The flags and variables; nothing is filled in yet.
#[derive(Debug, Clone, clap::Args)]
pub struct ClientArgs {
    /// The service's base URL [default: <http://127.0.0.1:8080>]
    #[arg(
        long,
        env = "TASKYARD_URL",
        value_name = "URL",
        help = "The service's base URL [default: http://127.0.0.1:8080]",
        global = true,
        help_heading = "Service"
    )]
    url: Option<String>,

    /// The bearer token; give it by the variable, since arguments are seen by everyone
    /// on the machine
    #[arg(
        long,
        env = "TASKYARD_TOKEN",
        value_name = "TOKEN",
        global = true,
        hide = true,
        hide_env_values = true
    )]
    token: Option<SecretToken>,
}

/// The `[client]` table of the settings file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClientFile {
    url: Option<String>,
    token: Option<SecretToken>,
}

/// Where the service is: flag over variable over file over default.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// The service's base URL.
    pub url: String,
    /// The bearer token, if the service wants one.
    pub token: Option<SecretToken>,
}

/// A bearer token. What is printed of it, by mistake or not, shows nothing.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretToken(String);

impl SecretToken {
    /// The secret itself, to send it. Never log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// An empty variable is as good as none.
    fn is_set(&self) -> bool {
        !self.0.is_empty()
    }
}

impl FromStr for SecretToken {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

impl ClientSettings {
    /// Joins flags and variables, the settings file (`config`, or the one in the working
    /// directory) and the default.
    pub fn resolve(args: ClientArgs, config: Option<&Path>) -> Result<Self, SettingsError> {
        let file = file::read(config)?.client;
        Ok(Self {
            url: args
                .url
                .filter(|url| !url.is_empty())
                .or(file.url)
                .unwrap_or_else(|| DEFAULT_URL.to_owned()),
            token: args.token.filter(SecretToken::is_set).or(file.token),
        })
    }

    /// What applies, as the `[client]` table of a settings file, each with its origin.
    pub fn to_toml(
        args: ClientArgs,
        config: Option<&Path>,
        matches: &ArgMatches,
    ) -> Result<String, SettingsError> {
        let file = file::read(config)?.client;
        let mut pick = Picker::new(matches);
        let url = args.url.filter(|url| !url.is_empty());
        let url = pick.or("url", url, file.url, DEFAULT_URL.to_owned());
        let token = args.token.filter(SecretToken::is_set);
        let token = pick.optional("token", token, file.token);
        let origin = |name| pick.origins.get(name).copied().unwrap_or(Origin::Default);
        let mut text = "\n[client]\n".to_owned();
        show::line(&mut text, "url", Some(Value::from(url)), origin("url"));
        let token = token.map(|_| Value::from(MASK));
        show::line(&mut text, "token", token, origin("token"));
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;

    /// What the file and the flags come to, and how that is shown.
    fn resolve(file: &str, flags: &[&str]) -> (ClientSettings, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("t.toml");
        std::fs::write(&path, file).unwrap();
        let command = ClientArgs::augment_args(Command::new("taskyard"));
        let matches = command.get_matches_from([&["taskyard"], flags].concat());
        let args = ClientArgs::from_arg_matches(&matches).unwrap();
        let shown = ClientSettings::to_toml(args.clone(), Some(&path), &matches).unwrap();
        (ClientSettings::resolve(args, Some(&path)).unwrap(), shown)
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file = "[client]\nurl = \"http://a:1\"\ntoken = \"ty_hush\"\n";
        let (settings, shown) = resolve(file, &["--url", "http://b:2"]);
        assert_eq!(settings.url, "http://b:2");
        assert_eq!(settings.token.unwrap().expose(), "ty_hush");
        assert!(shown.contains("url = \"http://b:2\" # flag\n"), "{shown}");
        assert_eq!(resolve(file, &[]).0.url, "http://a:1");
        assert_eq!(resolve("", &["--url", ""]).0.url, DEFAULT_URL);
    }

    #[test]
    fn no_form_of_a_token_shows_it() {
        let (settings, shown) = resolve("[client]\ntoken = \"ty_hush\"\n", &[]);
        assert!(!format!("{settings:?}{shown}").contains("hush"), "{shown}");
        assert!(shown.contains("token = \"***\" # file\n"), "{shown}");
    }
}
