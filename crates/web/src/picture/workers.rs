//! What the id of a worker tells.

/// The machine that a worker runs on: workers are called `<host>_<32 hexadecimal digits>`. `None` if
/// this one is not.
pub(crate) fn machine_of(id: &str) -> Option<&str> {
    let (host, rest) = id.rsplit_once('_')?;
    let is_number = rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then_some(host)
}
