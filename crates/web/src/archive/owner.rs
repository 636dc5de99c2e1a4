//! Whether the process that writes a run still lives.
//!
//! Several processes may write into one file, each its own run. A run without an end belongs to one
//! that lives, or it was cut off. A process of this machine is asked of the kernel, by its number
//! and the moment of its start, so that a number which is given out again deceives nobody. A process
//! elsewhere is judged by how old its last second is.

use std::fs;
use std::process;

/// Seconds without a sign of life after which a process of another machine is taken for dead.
const SILENCE_SECONDS: f64 = 15.0;

/// A process, as text: where it runs, its number, and when it began.
pub(super) fn this_process() -> String {
    let id = process::id();
    let began = began(id).unwrap_or_default();
    format!("{}/{id}/{began}", place())
}

/// Whether `owner` is known to have ended, or has been silent for too long.
pub(super) fn is_gone(owner: &str, last_second: f64, now: f64) -> bool {
    let mut parts = owner.rsplitn(3, '/');
    let began_then = parts.next();
    let id = parts.next().and_then(|id| id.parse().ok());
    match (parts.next(), id, began_then) {
        (Some(there), Some(id), Some(began_then)) if there == place() => {
            began(id).as_deref() != Some(began_then)
        }
        _ => now - last_second > SILENCE_SECONDS,
    }
}

/// What process numbers mean something in: one boot of one kernel, and one namespace of numbers.
fn place() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    format!("{}/{}", boot.trim(), namespace.display())
}

/// When a process began, in ticks of the kernel since its boot; `None` if there is none.
fn began(id: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is a name in parentheses that may hold anything; the start is the 22nd.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace();
    // A zombie has ended, and nobody has asked how.
    let state = fields.next().filter(|state| *state != "Z");
    state.and_then(|_| fields.nth(18)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_lives_is_not_gone_however_long_it_is_silent() {
        assert!(!is_gone(&this_process(), 0.0, 1e9));
    }

    #[test]
    fn a_number_that_was_given_out_again_is_another_process() {
        let owner = format!("{}/{}/1", place(), process::id());
        assert!(is_gone(&owner, 100.0, 100.0));
    }

    #[test]
    fn a_process_elsewhere_is_judged_by_its_last_sign() {
        assert!(!is_gone("other/pid:[1]/7/9", 100.0, 110.0));
        assert!(is_gone("other/pid:[1]/7/9", 100.0, 130.0));
        assert!(is_gone("", 100.0, 130.0));
    }
}
