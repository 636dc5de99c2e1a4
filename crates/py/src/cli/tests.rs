//! Whole command lines, as argparse would have read them.

use std::{collections::HashMap, fs, path::PathBuf};

use super::{
    error::{UsageError, unrecognized},
    parse::{Parsed, Sources, Value, parse},
    words::{Arity, Extra},
};

/// A command line and what surrounds it.
#[derive(Default)]
struct Line {
    arguments: Vec<String>,
    environment: HashMap<String, String>,
    files: Vec<PathBuf>,
    extras: Vec<Extra>,
}

/// A command line; words are separated by spaces.
fn line(arguments: &str) -> Line {
    let arguments = arguments.split_whitespace().map(str::to_owned).collect();
    Line {
        arguments,
        ..Line::default()
    }
}

impl Line {
    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn extra(mut self, name: &str, arity: Arity, env: Option<&str>) -> Self {
        let (names, env) = (vec![name.to_owned()], env.map(str::to_owned));
        self.extras.push(Extra { names, arity, env });
        self
    }

    fn parse(&self) -> Result<Parsed, UsageError> {
        parse(&Sources {
            arguments: &self.arguments,
            environment: &|name| self.environment.get(name).cloned(),
            default_files: &self.files,
            extras: &self.extras,
        })
    }

    fn get(&self, dest: &str) -> Value {
        let options = self.parse().unwrap().options;
        options
            .into_iter()
            .find(|(name, _)| name == dest)
            .unwrap()
            .1
    }

    fn error(&self) -> String {
        self.parse().unwrap_err().to_string()
    }

    fn complaint(&self) -> String {
        let names = ["--headless", "--users", "--spawn-rate", "--my-arg"];
        unrecognized(&self.parse().unwrap().unknown, &names.into_iter()).unwrap()
    }
}

fn texts(items: &[&str]) -> Value {
    Value::Texts(items.iter().map(|&item| item.to_owned()).collect())
}

#[test]
fn an_option_is_written_in_every_way_that_argparse_takes() {
    for arguments in [
        "--users 5",
        "--users=5",
        "-u 5",
        "-u5",
        "-u=5",
        "--us 5",
        "--use=5",
        "-lu5",
        "-u 1 -u 5",
    ] {
        assert_eq!(
            line(arguments).get("num_users"),
            Value::Integer(5),
            "{arguments}"
        );
    }
}

#[test]
fn what_is_not_given_has_locusts_default() {
    let line = line("");
    assert_eq!(line.get("num_users"), Value::Nothing);
    assert_eq!(line.get("headless"), Value::Flag(false));
    assert_eq!(
        line.get("locustfile"),
        Value::Text("locustfile.py".to_owned())
    );
    assert_eq!(line.get("exit_code_on_error"), Value::Integer(1));
    assert_eq!(line.get("stop_timeout"), Value::Integer(0));
    assert_eq!(line.get("tags"), Value::Nothing);
    assert_eq!(line.get("user_classes"), texts(&[]));
    assert_eq!(line.get("web_port"), Value::Integer(8089));
}

#[test]
fn a_shortened_name_must_begin_one_option_only() {
    assert_eq!(line("--headl").get("headless"), Value::Flag(true));
    let error = line("--head").error();
    assert_eq!(
        error,
        "ambiguous option: --head could match --headless, --headful"
    );
    let error = line("--tag x")
        .extra("--tagger", Arity::Exactly(1), None)
        .error();
    assert_eq!(
        error,
        "ambiguous option: --tag could match --tags, --tagger"
    );
}

#[test]
fn words_without_an_option_are_user_classes_wherever_they_stand() {
    assert_eq!(line("A -u 1 B").get("user_classes"), texts(&["A", "B"]));
    assert_eq!(
        line("-T a b -- C --list").get("user_classes"),
        texts(&["C", "--list"])
    );
    assert_eq!(line("-T a b -- C").get("tags"), texts(&["a", "b"]));
    let line = line("").env("LOCUST_USER_CLASSES", "A B");
    assert_eq!(line.get("user_classes"), texts(&["A", "B"]));
}

#[test]
fn the_last_list_replaces_those_before_it() {
    assert_eq!(line("--tags a b --tags c").get("tags"), texts(&["c"]));
    assert_eq!(line("-T").get("tags"), texts(&[]));
}

#[test]
fn a_value_that_is_missing_or_too_much_is_told() {
    assert_eq!(
        line("-u").error(),
        "argument -u/--users: expected one argument"
    );
    assert_eq!(
        line("-f -u 3").error(),
        "argument -f/--locustfile: expected one argument"
    );
    let error = line("--headless=3").error();
    assert_eq!(error, "argument --headless: ignored explicit argument '3'");
}

#[test]
fn impossible_values_are_told_with_the_option() {
    for (arguments, error) in [
        ("-u abc", "argument -u/--users: invalid int value: 'abc'"),
        ("-u -1", "argument -u/--users: must be >= 0"),
        ("-r 0", "argument -r/--spawn-rate: must be > 0"),
        (
            "-r inf",
            "argument -r/--spawn-rate: must be a finite number",
        ),
        (
            "-t nonsense",
            "argument -t/--run-time: Invalid time span format. \
          Valid formats: 20, 20s, 3m, 2h, 1h20m, 3h30m10s, etc.",
        ),
        (
            "-L foo",
            "argument -L/--loglevel: invalid choice: 'FOO' \
          (choose from 'DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL')",
        ),
    ] {
        assert_eq!(line(arguments).error(), error);
    }
}

#[test]
fn what_does_not_exist_yet_says_so() {
    assert!(line("--otel").error().contains(": not yet: "));
    let error = line("")
        .env("LOCUST_OTEL", "1")
        .env("LOCUST_ENABLE_OPENTELEMETRY", "1")
        .error();
    let expected = "argument --otel: not yet: gregaria does not speak to OpenTelemetry so far\n\
                    It is set by the environment variable LOCUST_ENABLE_OPENTELEMETRY";
    assert_eq!(error, expected);
}

#[test]
fn unknown_options_are_told_together_with_what_was_meant() {
    let complaint = line("--headlss").complaint();
    assert_eq!(
        complaint,
        "unrecognized arguments: --headlss\nDid you mean '--headless'?"
    );
    assert_eq!(
        line("--nope 3 -x --bar").complaint(),
        "unrecognized arguments: --nope -x --bar"
    );
    assert_eq!(line("--nope 3").get("user_classes"), texts(&["3"]));
}

#[test]
fn the_environment_sets_flags_lists_and_values() {
    for (value, is_on) in [
        ("true", true),
        ("1", true),
        ("YES", true),
        ("off", false),
        ("0", false),
    ] {
        let line = line("").env("LOCUST_HEADLESS", value);
        assert_eq!(line.get("headless"), Value::Flag(is_on), "{value}");
    }
    let error = line("").env("LOCUST_HEADLESS", "maybe").error();
    assert!(
        error.starts_with("Unexpected value for LOCUST_HEADLESS: 'maybe'."),
        "{error}"
    );
    assert_eq!(
        line("").env("LOCUST_TAGS", "a b").get("tags"),
        texts(&["a b"])
    );
    assert_eq!(
        line("").env("LOCUST_TAGS", "[a, b]").get("tags"),
        texts(&["a", "b"])
    );
    assert_eq!(line("").env("LOCUST_TAGS", "").get("tags"), Value::Nothing);
    let error = line("").env("LOCUST_USERS", "x").error();
    let expected = "argument -u/--users: invalid int value: 'x'\n\
                    It is set by the environment variable LOCUST_USERS";
    assert_eq!(error, expected);
}

/// Files of one test, removed with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gregaria-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn command_line_beats_environment_beats_config_beats_default_files() {
    let folder = Folder::new("precedence");
    let mut line = line("");
    line.files = vec![
        folder.write(
            "home.conf",
            "users = 1\nhost = http://home\nprofile = home\n",
        ),
        folder.write(
            "locust.conf",
            "users = 2\nhost = http://here\nspawn-rate = 2",
        ),
        folder.write(
            "pyproject.toml",
            "[tool.locust]\nusers = 5\nrun-time = \"3s\"\n",
        ),
        folder.0.join("missing.conf"),
    ];
    assert_eq!(line.get("num_users"), Value::Integer(5));
    assert_eq!(line.get("spawn_rate"), Value::Number(2.0));
    assert_eq!(line.get("run_time"), Value::Integer(3));
    assert_eq!(line.get("host"), Value::Text("http://here".to_owned()));
    assert_eq!(line.get("profile"), Value::Text("home".to_owned()));
    let config = folder.write("more.conf", "users = 6");
    line.arguments = vec![format!("--config={}", config.display())];
    assert_eq!(line.get("num_users"), Value::Integer(6));
    line.environment
        .insert("LOCUST_USERS".to_owned(), "7".to_owned());
    assert_eq!(line.get("num_users"), Value::Integer(7));
    line.arguments.push("-u8".to_owned());
    assert_eq!(line.get("num_users"), Value::Integer(8));
}

#[test]
fn unknown_keys_of_a_file_are_unknown_arguments() {
    let folder = Folder::new("unknown");
    let mut line = line("");
    let path = folder.write("locust.conf", "nope = 5\nspawn_rate = 3\nu = 4\n");
    line.files = vec![path.clone()];
    assert_eq!(line.get("num_users"), Value::Integer(4));
    let expected = format!(
        "unrecognized arguments: --nope=5 --spawn_rate=3\nDid you mean '--spawn-rate'?\n\
         --nope=5 is set in `{path}`\n--spawn_rate=3 is set in `{path}`",
        path = path.display()
    );
    assert_eq!(line.complaint(), expected);
}

#[test]
fn a_list_in_a_file_suits_only_options_that_take_several() {
    let folder = Folder::new("list");
    let mut line = line("");
    let path = folder.write("locust.conf", "profile = [a, b]\n");
    line.files = vec![path.clone()];
    let expected = format!(
        "argument --profile: takes one value, not a list\nIt is set in `{}`",
        path.display()
    );
    assert_eq!(line.error(), expected);
}

#[test]
fn options_of_the_locustfile_are_handed_to_argparse() {
    let line = line("--my 5 -u 2 --flag A --many a b -- B")
        .extra("--my-arg", Arity::Exactly(1), Some("MY_ARG"))
        .extra("--flag", Arity::None, None)
        .extra("--many", Arity::Any, None);
    let parsed = line.parse().unwrap();
    assert_eq!(parsed.theirs, ["--my-arg=5", "--flag", "--many", "a", "b"]);
    assert_eq!(parsed.unknown, []);
    assert_eq!(line.get("user_classes"), texts(&["A", "B"]));
    assert_eq!(line.get("num_users"), Value::Integer(2));
}

#[test]
fn options_of_the_locustfile_are_set_by_environment_and_files_too() {
    let folder = Folder::new("extras");
    let mut line = line("")
        .extra("--my-arg", Arity::Exactly(1), Some("MY_ARG"))
        .extra("--flag", Arity::None, None);
    line.files = vec![folder.write("locust.conf", "my-arg = file\nflag = yes\n")];
    assert_eq!(line.parse().unwrap().theirs, ["--my-arg=file", "--flag"]);
    let line = line.env("MY_ARG", "-1");
    assert_eq!(line.parse().unwrap().theirs, ["--my-arg=-1", "--flag"]);
    let mut line = line;
    line.arguments = vec!["--my-arg=typed".to_owned()];
    assert_eq!(line.parse().unwrap().theirs, ["--flag", "--my-arg=typed"]);
    assert_eq!(line.parse().unwrap().unknown, []);
}
