//! Sorts the words of a command line: options of ours, options of the locustfile, user classes.
//!
//! This is Python's argparse in what it accepts: `--users 5`, `--users=5`, `-u5`, `-u=5`, flags in
//! one word (`-lV`), names shortened as long as only one option begins so, `--` before words that
//! are no options. clap cannot do it, since it refuses a line with options it does not know.

use super::{
    command::options,
    error::{Origin, Unknown, UsageError},
    option::{Kind, Opt},
};

/// How many words belong to an option of the locustfile (argparse's `nargs`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    /// None: a flag.
    None,
    /// This many, no more and no fewer.
    Exactly(usize),
    /// `?`
    Optional,
    /// `*`
    Any,
    /// `+`
    Some,
}

/// An option that the locustfile has added.
#[derive(Clone, Debug)]
pub(crate) struct Extra {
    /// Its names, with their dashes.
    pub(crate) names: Vec<String>,
    /// How many words belong to it.
    pub(crate) arity: Arity,
    /// Its environment variable.
    pub(crate) env: Option<String>,
}

impl Extra {
    /// Its names as argparse writes them in an error.
    pub(crate) fn display(&self) -> String {
        self.names.join("/")
    }
}

/// A command line, sorted.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Options of ours in the order they came, with their values.
    pub(crate) ours: Vec<(&'static Opt, Vec<String>)>,
    /// Options of the locustfile and their values, for argparse; names in full.
    pub(crate) theirs: Vec<String>,
    /// Words without an option: user classes.
    pub(crate) classes: Vec<String>,
    /// What looks like an option and is none.
    pub(crate) unknown: Vec<Unknown>,
}

/// Whose option a word names.
#[derive(Clone, Copy)]
enum Owner<'a> {
    Ours(&'static Opt),
    Theirs(&'a Extra, &'a str),
}

/// An option, and the value written into the same word.
struct Named<'a> {
    owner: Owner<'a>,
    explicit: Option<String>,
}

impl Owner<'_> {
    fn arity(self) -> Arity {
        match self {
            Owner::Ours(option) if option.is_alone() => Arity::None,
            Owner::Ours(option) if option.kind == Kind::Texts => Arity::Any,
            Owner::Ours(_) => Arity::Exactly(1),
            Owner::Theirs(extra, _) => extra.arity,
        }
    }

    fn display(self) -> String {
        match self {
            Owner::Ours(option) => option.display(),
            Owner::Theirs(extra, _) => extra.display(),
        }
    }
}

/// Sorts `arguments`, which do not include the name of the program.
pub(crate) fn sort(arguments: &[String], extras: &[Extra]) -> Result<Words, UsageError> {
    let mut words = Words::default();
    let mut rest = arguments;
    while let Some((word, after)) = rest.split_first() {
        rest = after;
        if word == "--" {
            words.classes.extend_from_slice(rest);
            break;
        }
        if !looks_like_option(word) {
            words.classes.push(word.clone());
            continue;
        }
        let named = resolve(word, extras)?;
        if named.is_empty() {
            let origin = Origin::CommandLine;
            words.unknown.push(Unknown {
                argument: word.clone(),
                origin,
            });
        }
        for Named { owner, explicit } in named {
            let (values, after) = take(owner, explicit, rest)?;
            rest = after;
            words.keep(owner, values);
        }
    }
    Ok(words)
}

impl Words {
    fn keep(&mut self, owner: Owner<'_>, values: Vec<String>) {
        match owner {
            Owner::Ours(option) => self.ours.push((option, values)),
            // `--name=value` is safe for values that begin with a dash.
            Owner::Theirs(_, name) => match values.as_slice() {
                [value] if name.starts_with("--") => self.theirs.push(format!("{name}={value}")),
                _ => {
                    self.theirs.push(name.to_owned());
                    self.theirs.extend(values);
                }
            },
        }
    }
}

/// Whether argparse would look for an option behind this word: `-5` and `-` are values.
fn looks_like_option(word: &str) -> bool {
    let Some(name) = word.strip_prefix('-') else {
        return false;
    };
    let is_number = name
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let head = name.split('=').next().unwrap_or(name);
    !name.is_empty() && !is_number && !head.contains(' ')
}

/// The options a word names: several only for flags in one word, none if nobody knows it.
fn resolve<'a>(word: &str, extras: &'a [Extra]) -> Result<Vec<Named<'a>>, UsageError> {
    if let Some(owner) = exact(word, extras) {
        return Ok(vec![Named {
            owner,
            explicit: None,
        }]);
    }
    let (name, explicit) = match word.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (word, None),
    };
    if let Some(owner) = exact(name, extras) {
        return Ok(vec![Named { owner, explicit }]);
    }
    if !name.starts_with("--") {
        return Ok(letters(word, extras).unwrap_or_default());
    }
    let mut matches = beginning(name, extras);
    match matches.len() {
        0 => Ok(Vec::new()),
        1 => Ok(vec![Named {
            owner: matches.remove(0).1,
            explicit,
        }]),
        _ => Err(UsageError::Ambiguous {
            given: name.to_owned(),
            matches: matches.into_iter().map(|(name, _)| name).collect(),
        }),
    }
}

/// The option of exactly this name.
fn exact<'a>(name: &str, extras: &'a [Extra]) -> Option<Owner<'a>> {
    let theirs = extras.iter().find_map(|extra| {
        extra
            .names
            .iter()
            .find(|one| *one == name)
            .map(|one| Owner::Theirs(extra, one))
    });
    theirs.or_else(|| {
        let long = name.strip_prefix("--");
        let mut letters = name.strip_prefix('-').unwrap_or_default().chars();
        let short = letters.next().filter(|_| letters.next().is_none());
        options()
            .find(|option| long == Some(option.long) || (short.is_some() && option.short == short))
            .map(Owner::Ours)
    })
}

/// The options whose long names begin so.
fn beginning<'a>(name: &str, extras: &'a [Extra]) -> Vec<(String, Owner<'a>)> {
    let ours = options()
        .map(|option| (format!("--{}", option.long), Owner::Ours(option)))
        .filter(|(long, _)| long.starts_with(name));
    let theirs = extras.iter().flat_map(|extra| {
        extra
            .names
            .iter()
            .filter(|long| long.starts_with(name))
            .map(move |long| (long.clone(), Owner::Theirs(extra, long)))
    });
    ours.chain(theirs).collect()
}

/// `-u5`, or flags in one word with perhaps such an option at the end.
fn letters<'a>(word: &str, extras: &'a [Extra]) -> Option<Vec<Named<'a>>> {
    let mut found = Vec::new();
    let mut rest = word.strip_prefix('-')?;
    while let Some(letter) = rest.chars().next() {
        let owner = exact(&format!("-{letter}"), extras)?;
        rest = &rest[letter.len_utf8()..];
        if owner.arity() == Arity::None {
            found.push(Named {
                owner,
                explicit: None,
            });
            continue;
        }
        let explicit = (!rest.is_empty()).then(|| rest.to_owned());
        found.push(Named { owner, explicit });
        break;
    }
    Some(found)
}

/// Takes the values of an option from its own word or from the words after it.
fn take<'a>(
    owner: Owner<'_>,
    explicit: Option<String>,
    rest: &'a [String],
) -> Result<(Vec<String>, &'a [String]), UsageError> {
    let arity = owner.arity();
    if let Some(value) = explicit {
        return match arity {
            Arity::None => Err(UsageError::Superfluous {
                option: owner.display(),
                value,
            }),
            Arity::Exactly(wanted) if wanted != 1 => Err(missing(owner, arity)),
            _ => Ok((vec![value], rest)),
        };
    }
    let available = rest
        .iter()
        .take_while(|word| !looks_like_option(word))
        .count();
    let (least, most) = match arity {
        Arity::None => (0, 0),
        Arity::Exactly(wanted) => (wanted, wanted),
        Arity::Optional => (0, 1),
        Arity::Any => (0, usize::MAX),
        Arity::Some => (1, usize::MAX),
    };
    if available < least {
        return Err(missing(owner, arity));
    }
    let (values, after) = rest.split_at(available.min(most));
    Ok((values.to_vec(), after))
}

fn missing(owner: Owner<'_>, arity: Arity) -> UsageError {
    let wanted = match arity {
        Arity::Exactly(1) => "one argument".to_owned(),
        Arity::Exactly(number) => format!("{number} arguments"),
        Arity::Some => "at least one argument".to_owned(),
        _ => "no argument".to_owned(),
    };
    UsageError::Missing {
        option: owner.display(),
        wanted,
    }
}
