//! Config files: `locust.conf`, `pyproject.toml` and the file of `--config`.
//!
//! A file becomes a list of settings, which the command line then treats as more arguments of
//! lower rank. So this module knows how a file is written, and nothing about options.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use toml::Value;

/// What stands beside a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// One text; `true` for a name alone.
    Text(String),
    /// `[a, b]`.
    List(Vec<String>),
}

/// One name of a config file and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The name without dashes in front.
    pub(crate) key: String,
    /// What stands beside it.
    pub(crate) content: Content,
}

/// Why a config file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// It cannot be read at all.
    #[error("cannot read config file `{}`: {}", path.display(), reason(source))]
    Unreadable { path: PathBuf, source: io::Error },
    /// A line is no setting.
    #[error("cannot read config file `{}`: line {line}: no name before the value", path.display())]
    Line { path: PathBuf, line: usize },
    /// It is not TOML.
    #[error("cannot read config file `{}`: {message}", path.display())]
    Toml { path: PathBuf, message: String },
    /// A value of a TOML file is a table.
    #[error("cannot read config file `{}`: `{key}` is a table, not a value", path.display())]
    Table { path: PathBuf, key: String },
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
        _ => error.to_string(),
    }
}

/// The settings of the file at `path`: `[tool.locust]` if its name ends in `.toml`, else lines.
pub(crate) fn read(path: &Path) -> Result<Vec<Setting>, ConfigError> {
    let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    if path
        .extension()
        .is_some_and(|extension| extension == "toml")
    {
        parse_toml(&text, path)
    } else {
        parse_lines(&text, path)
    }
}

/// Lines of `key = value`, `key: value`, `key value` or `key`.
fn parse_lines(text: &str, path: &Path) -> Result<Vec<Setting>, ConfigError> {
    let mut settings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let is_silent = line.is_empty()
            || line.starts_with(['#', ';'])
            || line.starts_with("---")
            || (line.starts_with('[') && line.ends_with(']'));
        if is_silent {
            continue;
        }
        let line = without_comment(line);
        let end = line
            .find(|letter: char| letter.is_whitespace() || matches!(letter, '=' | ':'))
            .unwrap_or(line.len());
        let key = line[..end].trim_start_matches('-');
        if key.is_empty() {
            return Err(ConfigError::Line {
                path: path.to_owned(),
                line: index + 1,
            });
        }
        let rest = line[end..].trim_start();
        let content = match rest.strip_prefix(['=', ':']).unwrap_or(rest).trim() {
            "" if end == line.len() => Content::Text("true".to_owned()),
            value => parse_value(value),
        };
        settings.push(Setting {
            key: key.to_owned(),
            content,
        });
    }
    Ok(settings)
}

/// A comment begins with `#` or `;` after a space, outside quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, letter) in line.char_indices() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '#' | ';') && before.is_whitespace() => {
                return line[..at].trim_end();
            }
            // A quote opens at the start of a value or of an item; elsewhere it is a letter.
            None if matches!(letter, '"' | '\'')
                && (before.is_whitespace() || matches!(before, '=' | ':' | '[' | ',')) =>
            {
                quote = Some(letter);
            }
            _ => {}
        }
        before = letter;
    }
    line
}

/// `[a, "b c"]` is a list; the quotes around a value are not part of it.
pub(crate) fn parse_value(value: &str) -> Content {
    match value
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        // A JSON array of objects is one value, for `config-users`.
        Some(inside) if !inside.trim_start().starts_with('{') => Content::List(
            split_items(inside)
                .into_iter()
                .map(|item| unquoted(item.trim()).to_owned())
                .filter(|item| !item.is_empty())
                .collect(),
        ),
        _ => Content::Text(unquoted(value).to_owned()),
    }
}

fn split_items(inside: &str) -> Vec<&str> {
    let mut items = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for (at, letter) in inside.char_indices() {
        match quote {
            Some(open) if letter == open => quote = None,
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if letter == ',' => {
                items.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&inside[start..]);
    items
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

/// The table `[tool.locust]`; a file without it has no settings.
fn parse_toml(text: &str, path: &Path) -> Result<Vec<Setting>, ConfigError> {
    let document: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        let line = error
            .span()
            .map_or(1, |span| 1 + text[..span.start].matches('\n').count());
        ConfigError::Toml {
            path: path.to_owned(),
            message: format!("line {line}: {}", error.message().replace('\n', ", ")),
        }
    })?;
    let Some(Value::Table(section)) = document.get("tool").and_then(|tool| tool.get("locust"))
    else {
        return Ok(Vec::new());
    };
    section
        .iter()
        .map(|(key, value)| {
            let table = || ConfigError::Table {
                path: path.to_owned(),
                key: key.clone(),
            };
            let content = match value {
                Value::Array(items) => Content::List(
                    items
                        .iter()
                        .map(scalar)
                        .collect::<Option<_>>()
                        .ok_or_else(table)?,
                ),
                one => Content::Text(scalar(one).ok_or_else(table)?),
            };
            Ok(Setting {
                key: key.clone(),
                content,
            })
        })
        .collect()
}

/// A value as it would be typed on the command line.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Float(number) => Some(format!("{number:?}")),
        Value::Boolean(is_on) => Some(is_on.to_string()),
        Value::Datetime(time) => Some(time.to_string()),
        Value::Array(_) | Value::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(key: &str, value: &str) -> Setting {
        Setting {
            key: key.to_owned(),
            content: Content::Text(value.to_owned()),
        }
    }

    fn list(key: &str, items: &[&str]) -> Setting {
        let items = items.iter().map(|&item| item.to_owned()).collect();
        Setting {
            key: key.to_owned(),
            content: Content::List(items),
        }
    }

    fn lines(text: &str) -> Vec<Setting> {
        parse_lines(text, Path::new("locust.conf")).unwrap()
    }

    #[test]
    fn a_setting_is_written_with_equals_colon_space_or_alone() {
        let settings = lines("users = 5\nhost: http://a:80\nrun-time 3m\nheadless\n--tags=x\n");
        let expected = [
            text("users", "5"),
            text("host", "http://a:80"),
            text("run-time", "3m"),
            text("headless", "true"),
            text("tags", "x"),
        ];
        assert_eq!(settings, expected);
    }

    #[test]
    fn comments_sections_and_rulers_say_nothing() {
        assert_eq!(lines("# a\n; b\n\n[run]\n---\n"), []);
        assert_eq!(lines("users = 3 # three"), [text("users", "3")]);
        assert_eq!(lines("csv = x;y#z"), [text("csv", "x;y#z")]);
        assert_eq!(lines("profile = 'a # b'"), [text("profile", "a # b")]);
    }

    #[test]
    fn brackets_make_a_list_and_quotes_are_dropped() {
        assert_eq!(lines("tags = [a, \"b c\"]"), [list("tags", &["a", "b c"])]);
        assert_eq!(lines("tags = []"), [list("tags", &[])]);
        assert_eq!(lines("tags = a, b"), [text("tags", "a, b")]);
        assert_eq!(lines("host = \"http://a\""), [text("host", "http://a")]);
    }

    #[test]
    fn json_stays_one_value() {
        let object = r#"{"user_class_name": "A", "tasks": ["x"]}"#;
        assert_eq!(
            lines(&format!("config-users = {object}")),
            [text("config-users", object)]
        );
        let array = format!("[{object}, {object}]");
        assert_eq!(
            lines(&format!("config-users = {array}")),
            [text("config-users", &array)]
        );
    }

    #[test]
    fn an_empty_value_is_not_the_same_as_a_name_alone() {
        assert_eq!(lines("headless ="), [text("headless", "")]);
    }

    #[test]
    fn a_line_without_a_name_is_named() {
        let error = parse_lines("users=1\n= 3\n", Path::new("c.conf")).unwrap_err();
        let expected = "cannot read config file `c.conf`: line 2: no name before the value";
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn toml_settings_stand_in_tool_locust() {
        let text_of = "users = 1\n[tool.locust]\nusers = 5\nspawn-rate = 2.5\nheadless = true\n\
                       tags = [\"a\", \"b\"]\n[tool.other]\nx = 1\n";
        let settings = parse_toml(text_of, Path::new("pyproject.toml")).unwrap();
        let expected = [
            text("headless", "true"),
            text("spawn-rate", "2.5"),
            list("tags", &["a", "b"]),
            text("users", "5"),
        ];
        assert_eq!(settings, expected);
        assert_eq!(
            parse_toml("[tool.ruff]\nx = 1\n", Path::new("p.toml")).unwrap(),
            []
        );
    }

    #[test]
    fn broken_toml_is_told_with_its_line() {
        let error = parse_toml("[tool.locust]\nusers = = 3\n", Path::new("p.toml")).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("cannot read config file `p.toml`: line 2:"),
            "{error}"
        );
        let error = parse_toml("[tool.locust.sub]\nx = 3\n", Path::new("p.toml")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read config file `p.toml`: `sub` is a table, not a value"
        );
    }

    #[test]
    fn a_missing_file_is_told_by_name() {
        let error = read(Path::new("/nowhere/x.conf")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot read config file `/nowhere/x.conf`: no such file"
        );
    }
}
