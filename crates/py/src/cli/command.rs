//! The whole command line for clap: the tables of options, in the order of the help text.

use clap::{Arg, ArgAction, Command};

use super::{cluster, common, logging, option::Opt, other, statistics, store, tags, web};

/// Attribute of `parsed_options` that holds the arguments without a name: user classes.
pub(crate) const USER_CLASSES: &str = "user_classes";

/// Environment variable with user classes, spaces between them.
pub(crate) const USER_CLASSES_ENV: &str = "LOCUST_USER_CLASSES";

/// A heading of the help text and the options below it.
type Section = (&'static str, &'static [Opt]);

const SECTIONS: [Section; 8] = [
    ("Load", common::OPTIONS),
    ("Web page", web::OPTIONS),
    ("Cluster", cluster::OPTIONS),
    ("Tags", tags::OPTIONS),
    ("Statistics", statistics::OPTIONS),
    ("Run store", store::OPTIONS),
    ("Logging", logging::OPTIONS),
    ("Other", other::OPTIONS),
];

/// Below the options.
const AFTER: &str = "\
Every option can stand in ~/.locust.conf, ./locust.conf, [tool.locust] of ./pyproject.toml or the
file of --config, and most in an environment variable: --users is LOCUST_USERS. The command line
wins over the environment, and the environment over files.

Exit codes: 0 all is well, 1 failures or a locustfile that cannot be used, 2 a wrong option or an
error in a listener.

Examples:
  gregaria -f shop.py --headless -u 100 -r 10 -t 1m -H https://example.com
  gregaria --headless -u 50 -t 5m --csv results/monday BuyingUser BrowsingUser";

/// Every option there is.
pub(crate) fn options() -> impl Iterator<Item = &'static Opt> {
    SECTIONS.iter().flat_map(|(_, options)| options.iter())
}

/// clap's definition of all of them.
pub(super) fn command() -> Command {
    let named = SECTIONS
        .iter()
        .flat_map(|(heading, options)| options.iter().map(|option| option.arg(heading)));
    Command::new("gregaria")
        .about("Runs a Locust test: users in Python, requests in Rust")
        .override_usage("gregaria [options] [UserClass ...]")
        .after_help(AFTER)
        .disable_help_flag(true)
        .disable_version_flag(true)
        .args(named)
        .arg(
            Arg::new(USER_CLASSES)
                .value_name("UserClass")
                .help("User classes that take part [default: all of the locustfile]")
                .help_heading("Arguments")
                .action(ArgAction::Append)
                .num_args(0..),
        )
}

/// The text of `--help`, at most this many columns wide.
pub(crate) fn help(columns: usize) -> String {
    command().term_width(columns).render_help().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn clap_finds_no_fault_with_the_definitions() {
        command().debug_assert();
    }

    #[test]
    fn no_two_options_share_a_name_an_attribute_or_a_variable() {
        let mut names = HashSet::new();
        for option in options() {
            assert!(
                names.insert(format!("--{}", option.long)),
                "{}",
                option.long
            );
            assert!(
                names.insert(format!(".{}", option.dest_name())),
                "{}",
                option.long
            );
            assert!(
                option
                    .short
                    .is_none_or(|short| names.insert(short.to_string()))
            );
            assert!(option.env.is_none_or(|env| names.insert(env.to_owned())));
        }
    }

    #[test]
    fn the_help_text_fits_its_width_and_names_what_can_be_used() {
        let help = help(80);
        assert!(help.lines().all(|line| line.chars().count() <= 100));
        for option in options() {
            let is_named = help
                .split_whitespace()
                .any(|word| word.trim_end_matches(',') == format!("--{}", option.long));
            assert_eq!(is_named, option.refusal.is_none(), "{}", option.long);
        }
    }
}
