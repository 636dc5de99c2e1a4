//! Header lines from Python: a client's own, and those one request adds or takes away.

use std::sync::Arc;

use gregaria_http::HeaderBlock;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};

/// Lines of pairs of text or bytes. `None` if one of them is something else, or cannot be sent.
pub(crate) fn block(pairs: &[(Bound<'_, PyAny>, Bound<'_, PyAny>)]) -> Option<HeaderBlock> {
    let mut block = HeaderBlock::default();
    for (name, value) in pairs {
        block.push(&bytes_of(name)?, &bytes_of(value)?).ok()?;
    }
    Some(block)
}

/// The client's lines with one request's headers merged in, as requests merges them: a header
/// that is there keeps its place and takes the new case and value, `None` removes it, and new ones
/// follow at the end. `None` if requests has to see to it.
pub(crate) fn merged(own: &HeaderBlock, added: &Bound<'_, PyDict>) -> Option<Arc<HeaderBlock>> {
    let mut lines: Vec<(Vec<u8>, Option<Vec<u8>>)> = own
        .iter()
        .map(|(name, value)| (name.to_vec(), Some(value.to_vec())))
        .collect();
    for (name, value) in added.iter() {
        let name = bytes_of(&name)?;
        let value = if value.is_none() {
            None
        } else {
            Some(bytes_of(&value)?)
        };
        match lines
            .iter_mut()
            .find(|(known, _)| known.eq_ignore_ascii_case(&name))
        {
            Some(line) => *line = (name, value),
            None => lines.push((name, value)),
        }
    }
    let mut block = HeaderBlock::default();
    for (name, value) in &lines {
        if let Some(value) = value {
            // requests refuses what begins with white space, with a message of its own.
            if value.first().is_some_and(u8::is_ascii_whitespace) {
                return None;
            }
            block.push(name, value).ok()?;
        }
    }
    Some(Arc::new(block))
}

/// Text as latin-1, the encoding of header lines, or bytes as they are.
fn bytes_of(value: &Bound<'_, PyAny>) -> Option<Vec<u8>> {
    if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        return Some(bytes.as_bytes().to_vec());
    }
    let text = value.cast_exact::<PyString>().ok()?.to_str().ok()?;
    if text.is_ascii() {
        return Some(text.as_bytes().to_vec());
    }
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect()
}
