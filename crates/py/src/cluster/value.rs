//! Values of the wire as Python objects, and back.

use gregaria_runner::wire::{DateTime, Extra, Tagged, Value};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// A value as Python has it. A date becomes a `datetime`; an object id of `MongoDB` stays text, for
/// `bson` need not be installed.
pub(super) fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    if let Some(tagged) = Tagged::from_value(value) {
        return match tagged {
            Tagged::DateTime(date) => date_to_python(py, date),
            Tagged::ObjectId(id) => Ok(PyString::new(py, &id).into_any()),
        };
    }
    Ok(match value {
        Value::Nil | Value::Ext(..) => py.None().into_bound(py),
        Value::Boolean(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Integer(value) => match (value.as_i64(), value.as_u64()) {
            (Some(value), _) => value.into_pyobject(py)?.into_any(),
            (None, value) => value.unwrap_or(u64::MAX).into_pyobject(py)?.into_any(),
        },
        Value::F32(value) => PyFloat::new(py, f64::from(*value)).into_any(),
        Value::F64(value) => PyFloat::new(py, *value).into_any(),
        Value::String(text) => PyString::new(py, text.as_str().unwrap_or_default()).into_any(),
        Value::Binary(bytes) => PyBytes::new(py, bytes).into_any(),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(to_python(py, value)?)?;
            }
            list.into_any()
        }
        Value::Map(pairs) => pairs_to_python(py, pairs)?.into_any(),
    })
}

/// The fields of a map as a dict.
pub(super) fn pairs_to_python<'py>(
    py: Python<'py>,
    pairs: &[(Value, Value)],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (key, value) in pairs {
        dict.set_item(to_python(py, key)?, to_python(py, value)?)?;
    }
    Ok(dict)
}

/// A Python object as a value. Raises `TypeError` for what msgpack cannot carry.
pub(super) fn from_python(object: &Bound<'_, PyAny>) -> PyResult<Value> {
    if object.is_none() {
        return Ok(Value::Nil);
    }
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(value.is_true().into());
    }
    if object.is_instance_of::<PyInt>() {
        return match object.extract::<i64>() {
            Ok(value) => Ok(value.into()),
            Err(_) => Ok(object.extract::<u64>()?.into()),
        };
    }
    if let Ok(value) = object.cast::<PyFloat>() {
        return Ok(value.value().into());
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(text.to_str()?.into());
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(bytes.as_bytes().into());
    }
    if let Ok(dict) = object.cast::<PyDict>() {
        return Ok(Value::Map(pairs_from_python(dict)?));
    }
    if object.is_instance_of::<PyList>() || object.is_instance_of::<PyTuple>() {
        let values = object.try_iter()?.map(|item| from_python(&item?));
        return Ok(Value::Array(values.collect::<PyResult<_>>()?));
    }
    if let Some(date) = date_from_python(object)? {
        return Ok(Tagged::DateTime(date).to_value());
    }
    let kind = object.get_type().name()?;
    Err(PyTypeError::new_err(format!(
        "cannot send an object of type `{kind}` to another node: use numbers, texts, bytes, lists, \
         dicts and datetimes"
    )))
}

fn pairs_from_python(dict: &Bound<'_, PyDict>) -> PyResult<Vec<(Value, Value)>> {
    dict.iter()
        .map(|(key, value)| Ok((from_python(&key)?, from_python(&value)?)))
        .collect()
}

/// Options of the command line. Those that cannot be sent are left out, as no other node can have a
/// use for a file or a function of this one.
pub(super) fn options_from_python(dict: &Bound<'_, PyDict>) -> PyResult<Extra> {
    let mut pairs = Vec::with_capacity(dict.len());
    for (key, value) in dict.iter() {
        if let Ok(value) = from_python(&value) {
            pairs.push((from_python(&key)?, value));
        }
    }
    Ok(Extra::from(pairs))
}

fn date_to_python(py: Python<'_>, date: DateTime) -> PyResult<Bound<'_, PyAny>> {
    let DateTime {
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
    } = date;
    py.import("datetime")?.getattr("datetime")?.call1((
        year,
        month,
        day,
        hour,
        minute,
        second,
        microsecond,
    ))
}

fn date_from_python(object: &Bound<'_, PyAny>) -> PyResult<Option<DateTime>> {
    let class = object.py().import("datetime")?.getattr("datetime")?;
    if !object.is_instance(&class)? {
        return Ok(None);
    }
    let part = |name| object.getattr(name);
    Ok(Some(DateTime {
        year: part("year")?.extract()?,
        month: part("month")?.extract()?,
        day: part("day")?.extract()?,
        hour: part("hour")?.extract()?,
        minute: part("minute")?.extract()?,
        second: part("second")?.extract()?,
        microsecond: part("microsecond")?.extract()?,
    }))
}
